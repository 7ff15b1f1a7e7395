// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/gppo.hpp>

#include <vector>

namespace elsewhere {

/// All a correction must have, and nothing else.
struct Halve {
    template <class T>
    T operator()(T, T) const noexcept {
        return T(0.5);
    }
};
struct BySequence {
    struct Bound {
        Halve at(gppo::Index) const noexcept { return {}; }
    };
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>&) const {
        return {};
    }
};
struct MayThrow {
    float operator()(float, float) const { return 1.0f; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(TokenCorrection<elsewhere::Halve> && Correction<elsewhere::Halve>);
static_assert(TwoPhaseCorrection<elsewhere::BySequence> && Correction<elsewhere::BySequence>);
static_assert(!Correction<elsewhere::MayThrow> && !Correction<int>);
static_assert(needs_rollout(elsewhere::Halve{}));

TEST_CASE("a correction from a foreign namespace runs with no registration",
          "[concepts][correction]") {
    const std::vector<float> logp{-1.0f, -2.0f};
    const std::vector<Index> offsets{0, 2}, group{0};
    std::vector<float> advantage{0.5f}, coefficient{1.0f}, dlogp(2);
    Batch<> batch{.logp = logp,
                  .logp_old = logp,
                  .offsets = offsets,
                  .group = group,
                  .advantage = advantage,
                  .coefficient = coefficient};
    batch.logp_rollout = logp;
    const Objective plain{GroupMean{}, PpoClip{}, TokenMean{}};
    CHECK(evaluate(serial, corrected(plain, elsewhere::Halve{}), batch, dlogp).value ==
          Approx(-0.5));
    CHECK(dlogp == std::vector<float>{-0.25f, -0.25f});
    CHECK(evaluate(serial, corrected(plain, elsewhere::BySequence{}), batch, dlogp).value ==
          Approx(-0.5));
    CHECK(dlogp == std::vector<float>{-0.25f, -0.25f});
}
