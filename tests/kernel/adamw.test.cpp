// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/adamw.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("adamw follows torch's formula in double for three steps", "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const double lr = 1e-2, b1 = 0.9, b2 = 0.95, eps = 1e-8, wd = 0.1, scale = 0.5;
    std::vector<float> weight = random_values(33, seed, 1), m(33), v(33);
    std::vector<double> want(weight.begin(), weight.end()), wm(33), wv(33);
    for (std::uint64_t t = 1; t <= 3; ++t) {
        const std::vector<float> g = random_values(33, seed, 10 + t);
        const double c1 = 1 - std::pow(b1, t), c2 = 1 - std::pow(b2, t);
        AdamWStep step{static_cast<float>(1 - lr * wd),
                       static_cast<float>(lr / c1),
                       static_cast<float>(1 / std::sqrt(c2)),
                       static_cast<float>(b1),
                       static_cast<float>(b2),
                       static_cast<float>(eps),
                       static_cast<float>(scale)};
        adamw(SerialTeam{}, step, g, m, v, weight);
        for (std::size_t i = 0; i < want.size(); ++i) {
            const double gradient = scale * static_cast<double>(g[i]);
            want[i] *= 1 - lr * wd;
            wm[i] = b1 * wm[i] + (1 - b1) * gradient;
            wv[i] = b2 * wv[i] + (1 - b2) * gradient * gradient;
            want[i] -= lr / c1 * wm[i] / (std::sqrt(wv[i]) / std::sqrt(c2) + eps);
            CHECK(static_cast<double>(weight[i]) == Approx(want[i]).margin(1e-6));
        }
    }
}

TEST_CASE("adamw leaves a weight without gradient and decay where it is", "[kernel][adamw]") {
    std::vector<float> weight{0.25f}, m{0}, v{0};
    const std::vector<float> gradient{0};
    adamw(SerialTeam{}, {.rate = 1.0f, .root = 30.0f}, gradient, m, v, weight);
    CHECK(weight[0] == 0.25f);
}
