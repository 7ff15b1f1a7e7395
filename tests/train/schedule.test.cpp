// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/train/schedule.hpp>

using namespace gppo;

TEST_CASE("warm-up rises linearly and ends at the full rate", "[train][schedule]") {
    const Schedule s{.lr = 1.0, .warmup = 4};
    CHECK(s(0) == Approx(0.25));
    CHECK(s(3) == Approx(1.0));
    CHECK(s(1000) == Approx(1.0));
}

TEST_CASE("cosine and linear go from lr to lr_min and stay there", "[train][schedule]") {
    for (const Decay decay : {Decay::cosine, Decay::linear}) {
        const Schedule s{.lr = 1.0, .lr_min = 0.1, .warmup = 10, .total = 110, .decay = decay};
        CHECK(s(10) == Approx(1.0));
        CHECK(s(60) == Approx(0.55));
        CHECK(s(110) == Approx(0.1));
        CHECK(s(500) == Approx(0.1));
        for (Index i = 11; i < 110; ++i) CHECK(s(i) < s(i - 1));
    }
}

TEST_CASE("an unknown schedule is named in the error", "[train][schedule]") {
    CHECK(decay_from_name("cosine") == Decay::cosine);
    CHECK_THROWS_WITH(decay_from_name("cosin"), Catch::Contains("'cosin'"));
}
