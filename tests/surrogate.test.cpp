// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/evaluate.hpp>
#include <gppo/gppo.hpp>
#include <gppo/surrogate.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace gppo;

TEST_CASE("ratios are finite however far the log-probs are apart", "[objective][surrogate]") {
    CHECK(ratio_of(-1.0f, -1.0f) == 1.0f);
    CHECK(ratio_of(-1.0f, -105.0f) == ratio_of(0.0f, -88.0f));
    CHECK(std::isfinite(ratio_of(0.0f, -1000.0f)));
    CHECK(std::isfinite(ratio_of(0.0, -1000.0)));
    CHECK(ratio_of(-1000.0f, 0.0f) == 0.0f);
    CHECK(ratio_of(-2.0, -1.0) == std::exp(-1.0));
}

TEST_CASE("a NaN log-prob makes the sum NaN even where the clamp hides it",
          "[objective][surrogate]") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    for (const float bad : {nan, inf, -inf})
        for (const bool in_old : {false, true}) {
            const std::vector<float> clean{-1, -2, -1}, broken{-1, bad, -1};
            std::vector<float> dlogp(3);
            const float advantage = 1.0f;
            Segment<float> s;
            s.size = 3;
            s.logp = (in_old ? clean : broken).data();
            s.logp_old = (in_old ? broken : clean).data();
            s.advantage = &advantage;
            s.dlogp = dlogp.data();
            s.coefficient = 1.0f;
            CHECK(std::isnan(surrogate<PerSequence>(serial, Gppo{}, s, Everything{})));
            CHECK(surrogate<PerSequence>(serial, Gppo{}, s, Checked{}) == 2.0f);
            CHECK(dlogp == std::vector<float>{-1, 0, -1});
        }
}
