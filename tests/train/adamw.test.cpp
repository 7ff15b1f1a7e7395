// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/train/adamw.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("the norm of a long buffer has the same bits on any number of threads",
          "[train][adamw]") {
    const std::vector<float> x = random_values(100003, 1, 1);
    CHECK(squared_norm(Cpu(1), x) == Approx(dot(x, x)).epsilon(1e-6));
    CHECK(squared_norm(Cpu(1), x) == squared_norm(Cpu(3), x));
    CHECK(squared_norm(Cpu(2), View<const float>{}) == 0.0);
}

TEST_CASE("the first step moves each weight by the learning rate against its gradient",
          "[train][adamw]") {
    std::vector<float> weight(5000, 1.0f), m(5000), v(5000);
    const std::vector<float> gradient(5000, -3.0f);
    adamw_step(Cpu(2), weight, gradient, m, v, {.lr = 0.01f}, 1, 0.1f);
    for (const float w : weight) REQUIRE(w == Approx(1.01f));
    CHECK_THROWS_AS(adamw_step(Cpu(2), weight, gradient, m, v, {}, 0), Error);
    CHECK_THROWS_AS(adamw_step(Cpu(2), weight, gradient, m, View<float>{}, {}, 1), Error);
}

TEST_CASE("norm weights decay only when asked", "[train][adamw]") {
    const std::vector<TensorInfo> tensors{
        {"matrix", {2, 2}, 0}, {"norm", {3}, 4}, {"norm2", {1}, 7}, {"last", {1, 2}, 8}};
    const std::vector<float> gradient(10, 0.0f);
    for (const bool all : {false, true}) {
        std::vector<float> weight(10, 1.0f), m(10), v(10);
        adamw_step(Cpu(1), tensors, weight, gradient, m, v,
                   {.lr = 0.1f, .weight_decay = 0.5f, .decay_norms = all}, 1);
        for (std::size_t i = 0; i < 10; ++i) {
            const bool norm = i >= 4 && i < 8;
            CHECK(weight[i] == Approx(norm && !all ? 1.0f : 0.95f));
        }
    }
}
