// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/rms_norm.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("rms_norm divides by the root mean square and multiplies by the weight",
          "[kernel][rms_norm]") {
    const std::vector<float> x{3, -4, 0, 0}, weight{1, 2, 1, 1};
    std::vector<float> y(4);
    const float r = rms_norm(SerialTeam{}, x, weight, 0.0f, View<float>(y));
    CHECK(r == Approx(0.4f));
    CHECK(y[0] == Approx(1.2f));
    CHECK(y[1] == Approx(-3.2f));
    CHECK(y[2] == 0.0f);
}

TEST_CASE("rms_norm's gradients are the slopes of its output", "[kernel][rms_norm]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    for (const Index n : {1, 2, 24, 40, 97}) {
        std::vector<float> x = random_values(n, seed, 1), weight = random_values(n, seed, 2);
        const std::vector<float> dy = random_values(n, seed, 3);
        std::vector<float> y(x.size()), dx(x.size(), 1.0f), dw(x.size());
        const auto loss = [&] {
            rms_norm(SerialTeam{}, x, weight, 0.1f, View<float>(y));
            return dot(y, dy);
        };
        const float r = rms_norm(SerialTeam{}, x, weight, 0.1f, View<float>(y));
        rms_norm_backward(SerialTeam{}, dy, x, weight, r, false, View<float>(dx), View<float>(dw));
        check_slope(x, dx, loss);
        check_slope(weight, dw, loss);
    }
}

TEST_CASE("rms_norm_backward adds, or overwrites its own input, as asked", "[kernel][rms_norm]") {
    const std::vector<float> x{1, 2, -1}, weight{1, 0.5f, 2}, dy{0.3f, -0.2f, 0.7f};
    std::vector<float> fresh(3), added(3, 10.0f), in_place = dy, dw(3), ignored(3);
    rms_norm_backward(SerialTeam{}, dy, x, weight, 0.7f, false, View<float>(fresh),
                      View<float>(dw));
    rms_norm_backward(SerialTeam{}, dy, x, weight, 0.7f, true, View<float>(added),
                      View<float>(ignored));
    rms_norm_backward(SerialTeam{}, in_place, x, weight, 0.7f, false, View<float>(in_place),
                      View<float>(ignored));
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(added[i] == Approx(fresh[i] + 10.0f));
        CHECK(in_place[i] == fresh[i]);
        CHECK(ignored[i] == Approx(2 * dw[i]));
    }
}
