// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/rope.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("rope turns element i with element i + D/2 by the angle of the position",
          "[kernel][rope]") {
    std::vector<float> cosine(2), sine(2), x{1, 2, 3, 4};
    rope_angles(SerialTeam{}, 3, {10000.0f}, cosine, sine);
    CHECK(cosine[0] == Approx(std::cos(3.0)));
    CHECK(sine[1] == Approx(std::sin(3.0 / 100)));
    rope(SerialTeam{}, cosine, sine, View<float>(x));
    CHECK(x[0] == Approx(std::cos(3.0) - 3 * std::sin(3.0)));
    CHECK(x[2] == Approx(3 * std::cos(3.0) + std::sin(3.0)));
    CHECK(x[1] == Approx(2 * std::cos(0.03) - 4 * std::sin(0.03)));
    CHECK(x[3] == Approx(4 * std::cos(0.03) + 2 * std::sin(0.03)));
}

TEST_CASE("rope's gradient is the slope of its output", "[kernel][rope]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    for (const Index n : {2, 24, 64}) {
        std::vector<float> cosine(static_cast<std::size_t>(n / 2)), sine = cosine;
        rope_angles(SerialTeam{}, 17, {1e6f}, cosine, sine);
        std::vector<float> x = random_values(n, seed, 1), dx = random_values(n, seed, 2);
        const std::vector<float> dy = dx;
        rope_backward(SerialTeam{}, cosine, sine, View<float>(dx));
        check_slope(x, dx, [&] {
            std::vector<float> y = x;
            rope(SerialTeam{}, cosine, sine, View<float>(y));
            return dot(y, dy);
        });
    }
}

TEST_CASE("scores after rope depend only on the distance of two positions", "[kernel][rope]") {
    std::vector<double> scores;
    for (const Index shift : {0, 5, 100}) {
        std::vector<float> q = random_values(32, 1, 1), k = random_values(32, 1, 2);
        std::vector<float> cosine(16), sine(16);
        rope_angles(SerialTeam{}, 9 + shift, {1e4f}, cosine, sine);
        rope(SerialTeam{}, cosine, sine, View<float>(q));
        rope_angles(SerialTeam{}, 2 + shift, {1e4f}, cosine, sine);
        rope(SerialTeam{}, cosine, sine, View<float>(k));
        scores.push_back(dot(q, k));
    }
    CHECK(scores[1] == Approx(scores[0]).margin(1e-4));
    CHECK(scores[2] == Approx(scores[0]).margin(1e-4));
}
