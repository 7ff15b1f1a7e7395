// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/entropy/adaptive.hpp>

#include <limits>
#include <type_traits>

using namespace gppo;

static_assert(std::is_trivially_copyable_v<EntropyControl> && std::is_aggregate_v<EntropyControl>);

TEST_CASE("Skywork's bonus grows below the target, to its limit", "[entropy][adaptive]") {
    const AdaptiveEntropy control;
    EntropyControl state;
    CHECK(state.active);
    for (int i = 1; i <= 60; ++i) {
        state = control(state, 0.1);
        CHECK(state.coefficient == Approx(i < 50 ? 1e-4 * i : 0.005));
        CHECK(state.applied() == static_cast<float>(state.coefficient));
    }
}

TEST_CASE("and shrinks, without being applied, above it", "[entropy][adaptive]") {
    const AdaptiveEntropy control;
    EntropyControl state{.coefficient = 2.5e-4};
    state = control(state, 0.2);
    CHECK(state.coefficient == Approx(1.5e-4));
    CHECK(state.applied() == 0.0f);
    state = control(control(state, 0.3), 0.3);
    CHECK(state.coefficient == 0.0);
    state = control(state, 0.19);
    CHECK(state.applied() == 1e-4f);
}

TEST_CASE("TRL counts the target itself as below, in steps of 0.005", "[entropy][adaptive]") {
    const AdaptiveEntropy control = AdaptiveEntropy::trl();
    const EntropyControl state = control({.coefficient = 0.0, .active = false}, 0.2);
    CHECK(state.active);
    CHECK(state.coefficient == 0.005);
    CHECK(control({.coefficient = 0.999, .active = true}, 0.1).coefficient == 1.0);
}

TEST_CASE("a broken entropy leaves the control where it was", "[entropy][adaptive]") {
    const EntropyControl state{.coefficient = 1e-3, .active = false};
    const auto next = AdaptiveEntropy{}(state, std::numeric_limits<double>::quiet_NaN());
    CHECK(next.coefficient == 1e-3);
    CHECK_FALSE(next.active);
}
