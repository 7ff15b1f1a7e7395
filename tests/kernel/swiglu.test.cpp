// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/swiglu.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("swiglu's gradients are the slopes of its output, which comes back too",
          "[kernel][swiglu]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> gate = random_values(71, seed, 1, -4, 4), up = random_values(71, seed, 2);
    const std::vector<float> dy = random_values(71, seed, 3);
    std::vector<float> y(71);
    const auto loss = [&] {
        swiglu(SerialTeam{}, gate, up, View<float>(y));
        return dot(y, dy);
    };
    loss();
    const std::vector<float> forward = y;
    std::vector<float> dgate = gate, dup = up, out = dy;
    swiglu_backward(SerialTeam{}, View<float>(dgate), View<float>(dup), View<float>(out));
    check_slope(gate, dgate, loss);
    check_slope(up, dup, loss);
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(out[i] == Approx(forward[i]));
}

TEST_CASE("swiglu is finite for very large gates", "[kernel][swiglu]") {
    const std::vector<float> gate{-200, 200, -1e30f, 1e30f}, up{1, 1, 1, 1};
    std::vector<float> y(4);
    swiglu(SerialTeam{}, gate, up, View<float>(y));
    CHECK(y[0] == Approx(0.0f).margin(1e-30));
    CHECK(y[1] == 200.0f);
    CHECK(y[3] == 1e30f);
    for (const float value : y) CHECK(std::isfinite(value));
}
