// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/initialize.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("matrices are normal with the asked deviation, norms are one", "[model][initialize]") {
    const std::vector<TensorInfo> tensors{{"matrix", {301, 301}, 0}, {"norm", {7}, 301 * 301}};
    std::vector<float> weights(301 * 301 + 7), again(weights.size());
    initialize(Cpu(2), tensors, 0.02f, 11, weights);
    double sum = 0, squares = 0, fourth = 0;
    for (std::size_t i = 0; i < 301 * 301; ++i) {
        const double z = static_cast<double>(weights[i]) / 0.02;
        sum += z, squares += z * z, fourth += z * z * z * z;
    }
    const double n = 301 * 301;
    CHECK(std::abs(sum / n) < 0.015);
    CHECK(squares / n == Approx(1.0).epsilon(0.02));
    CHECK(fourth / n == Approx(3.0).epsilon(0.06));
    for (std::size_t i = 301 * 301; i < weights.size(); ++i) CHECK(weights[i] == 1.0f);
    initialize(Cpu(1), tensors, 0.02f, 11, again);
    CHECK(weights == again);
}
