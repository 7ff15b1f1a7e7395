// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/dual.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/ppo.hpp>

#include <type_traits>

using namespace gppo;

static_assert(ClipPolicy<DualClip<Gppo>> && ClipPolicy<DualClip<DualClip<PpoClip>>, double>);
static_assert(std::is_same_v<decltype(DualClip{Gppo{}, 10.0f}), DualClip<Gppo>>);
static_assert(DualClip{PpoClip{}}.cap == 3.0f);
static_assert(DualClip{PpoClip{}, 4.0f}.region().cap == 4.0f);
static_assert(DualClip{Gppo{}, 10}.region().highest == 1.28f);

TEST_CASE("the dual clip of PPO has the published coefficients", "[clip][dual]") {
    const DualClip policy{PpoClip{.low = 0.2f, .high = 0.28f}, 3.0f};
    CHECK(has_row(policy, 1.0, {0.5, 1, 0, 0, 0}));
    CHECK(has_row(policy, -1.0, {0, 1, 1.5, 0, 0}));
}

TEST_CASE("GPPO as released has the published coefficients at both caps", "[clip][dual]") {
    CHECK(has_row(DualClip{Gppo{}, 10.0f}, 1.0, {0.5, 1, 1.28, 1.28, 1.28}));
    CHECK(has_row(DualClip{Gppo{}, 10.0f}, -1.0, {0.8, 1, 1.5, 4, 0}));
    CHECK(has_row(DualClip{Gppo{}, 3.0f}, -1.0, {0.8, 1, 1.5, 0, 0}));
}

TEST_CASE("GPPO only-high as released has the published coefficients", "[clip][dual]") {
    CHECK(has_row(DualClip{GppoOnlyHigh{}, 10.0f}, 1.0, {0.5, 1, 1.28, 1.28, 1.28}));
    CHECK(has_row(DualClip{GppoOnlyHigh{}, 10.0f}, -1.0, {0, 1, 1.5, 4, 0}));
}

TEST_CASE("CE-GPPO as released has the published coefficients", "[clip][dual]") {
    const DualClip policy{Gppo{.beta_low = 0.5f, .beta_high = 1.0f}, 10.0f};
    CHECK(has_row(policy, 1.0, {0.5, 1, 1.28, 1.28, 1.28}));
    CHECK(has_row(policy, -1.0, {0.4, 1, 1.5, 4, 0}));
}

TEST_CASE("beyond the cap a bad token is the constant cap A, on it the inner policy",
          "[clip][dual]") {
    const DualClip policy{PpoClip{}, 3.0f};
    const auto beyond = policy(Token<double>{.ratio = 3.001, .advantage = -2.0});
    CHECK(beyond.value == -6.0);
    CHECK(beyond.weight == 0.0);
    CHECK(policy(Token<double>{.ratio = 3.0, .advantage = -2.0}).weight == -6.0);
}

TEST_CASE("the released GPPO has the value of PPO under the same dual clip", "[clip][dual]") {
    for (float delta = -20.0f; delta < 20.0f; delta += 0.173f)
        for (const float advantage : {-1.7f, -0.3f, 0.0f, 0.4f, 2.0f}) {
            const Token<float> token{delta, 0.0f, math::exp(delta), advantage};
            const PpoClip ppo{.low = 0.2f, .high = 0.28f};
            CHECK(DualClip{Gppo{}, 10.0f}(token).value == DualClip{ppo, 10.0f}(token).value);
        }
}
