// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <cmath>
#include <functional>
#include <vector>

using namespace gppo;

TEST_CASE("gemm agrees with a double product for every transpose, beta, stride and split",
          "[backend][cpu]") {
    for (const int threads : {1, 2, 3, 8})
        for_each_product({{1, 1, 1},
                          {1, 97, 40},
                          {97, 1, 40},
                          {33, 70, 65},
                          {130, 17, 9},
                          {5, 300, 64},
                          {9, 7, 3000}},
                         {0.0f, 1.0f, 0.5f}, [&](const Gemm& g) {
                             CAPTURE(threads);
                             REQUIRE(product_error(Cpu(threads), g, std::identity()) < 1e-6);
                         });
}

TEST_CASE("gemm with beta zero never reads C", "[backend][cpu]") {
    const std::vector<float> a(64 * 64, 1.0f);
    for (const Index k : {1, 64, 4000}) {
        const std::vector<float> left(static_cast<std::size_t>(4 * k), 1.0f);
        std::vector<float> c(16, std::nanf(""));
        Cpu(4).gemm({4, 4, k, false, true}, left.data(), left.data(), c.data());
        for (const float x : c) CHECK(x == static_cast<float>(k));
    }
}

TEST_CASE("a product with A as it is has the bits of the packed product on any number of threads",
          "[backend][cpu]") {
    constexpr Index m = 37, n = 45, k = 70;
    std::vector<float> a(m * k), b(n * k), c(m * n, 0.5f), d = c;
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = 1.0f / static_cast<float>(2 + i % 89) - 0.1f;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = 1.0f / static_cast<float>(3 + i % 97) - 0.1f;
    const Cpu one(1), three(3);
    Panels w;
    one.pack(n, k, b.data(), w);
    for (const bool add : {false, true}) {
        one.packed_product(w, m, a.data(), c.data(), add);
        three.gemm({m, n, k, false, true, add ? 1.0f : 0.0f}, a.data(), b.data(), d.data());
        CHECK(c == d);
    }
}

TEST_CASE("products have the same bits on any number of threads", "[backend][cpu]") {
    const std::vector<float> a = random_values(300 * 70, 1), b = random_values(300 * 50, 2);
    std::vector<float> one(70 * 50), five(70 * 50);
    Cpu(1).gemm({70, 50, 300, true}, a.data(), b.data(), one.data());
    Cpu(5).gemm({70, 50, 300, true}, a.data(), b.data(), five.data());
    CHECK(one == five);
}

TEST_CASE("for_rows runs every row once on any number of threads", "[backend][cpu]") {
    for (const int threads : {1, 2, 5})
        for (const Index n : {0, 1, 4, 1000}) {
            std::vector<int> visits(static_cast<std::size_t>(n));
            Cpu(threads).for_rows(
                n, [&](SerialTeam, Index row) { ++visits[static_cast<std::size_t>(row)]; });
            for (const int count : visits) REQUIRE(count == 1);
        }
}

TEST_CASE("a Cpu has at least one thread and gives zeroed memory", "[backend][cpu]") {
    CHECK(Cpu().threads() >= 1);
    CHECK(Cpu(-3).threads() >= 1);
    auto buffer = Cpu(1).allocate<double>(9);
    CHECK(buffer.size() == 9);
    for (const double x : buffer.view()) CHECK(x == 0.0);
}

TEST_CASE("an empty product leaves C alone and k zero clears it", "[backend][cpu]") {
    std::vector<float> c{1, 2};
    Cpu(1).gemm({0, 2, 3}, nullptr, nullptr, c.data());
    CHECK(c == std::vector<float>{1, 2});
    Cpu(1).gemm({1, 2, 0}, c.data(), c.data(), c.data());
    CHECK(c == std::vector<float>{0, 0});
}
