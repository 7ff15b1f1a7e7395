// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("packed products are exact on small integers, plain and added, for any size",
          "[backend][panels]") {
    const Cpu cpu(2, GENERATE(Precision::fp32, Precision::bf16));
    const auto value = [](Index i) { return static_cast<float>(i * 7 % 11) - 5.0f; };
    Panels panels;
    for (const Index n : {1, 31, 32, 70, 129})
        for (const Index k : {1, 24, 50})
            for (const Index rows : {1, 5, 8, 13, 130}) {
                std::vector<float> w(static_cast<std::size_t>(n * k)),
                    x(static_cast<std::size_t>(rows * k));
                for (std::size_t i = 0; i < w.size(); ++i) w[i] = value(static_cast<Index>(i));
                for (std::size_t i = 0; i < x.size(); ++i) x[i] = value(static_cast<Index>(i) + 3);
                cpu.pack(n, k, w.data(), panels);
                for (const bool add : {false, true}) {
                    std::vector<float> y(static_cast<std::size_t>(rows * n), 2.0f);
                    cpu.packed_product(panels, rows, x.data(), y.data(), add);
                    bool exact = true;
                    for (Index r = 0; r < rows; ++r)
                        for (Index j = 0; j < n; ++j) {
                            float want = add ? 2.0f : 0.0f;
                            for (Index p = 0; p < k; ++p)
                                want += value(r * k + p + 3) * value(j * k + p);
                            exact = exact && y[static_cast<std::size_t>(r * n + j)] == want;
                        }
                    INFO("n " << n << " k " << k << " rows " << rows << " add " << add);
                    CHECK(exact);
                }
            }
}

TEST_CASE("a row of a packed product has the same bits wherever it stands in the batch",
          "[backend][panels]") {
    constexpr Index n = 45, k = 301, rows = 23;
    std::vector<float> w(n * k), x(k), all, one(n);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = 1.0f / static_cast<float>(3 + i % 97) - 0.1f;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0f / static_cast<float>(2 + i % 89) - 0.1f;
    for (Index r = 0; r < rows; ++r) all.insert(all.end(), x.begin(), x.end());
    Panels panels;
    const auto precision = GENERATE(Precision::fp32, Precision::bf16);
    const Cpu cpu(1, precision), three(3, precision);
    cpu.pack(n, k, w.data(), panels);
    cpu.packed_product(panels, 1, x.data(), one.data(), false);
    std::vector<float> y(rows * n);
    three.packed_product(panels, rows, all.data(), y.data(), false);
    for (Index r = 0; r < rows; ++r)
        for (Index j = 0; j < n; ++j)
            REQUIRE(y[static_cast<std::size_t>(r * n + j)] == one[static_cast<std::size_t>(j)]);
}

TEST_CASE(
    "bf16 products are the exact products of rounded factors, summed in fp32, and do not "
    "depend on threads",
    "[backend][panels]") {
    for (const int threads : {1, 2, 5}) check_bf16_products(Cpu(threads, Precision::bf16));
    const auto a = random_values(300 * 128, 1), b = random_values(300 * 96, 2);
    for (const bool transposed : {false, true}) {
        const Gemm g = transposed ? Gemm{128, 96, 300, true} : Gemm{300, 96, 128, false, true};
        std::vector<float> one(300 * 128), five(300 * 128);
        Cpu(1, Precision::bf16).gemm(g, a.data(), b.data(), one.data());
        Cpu(5, Precision::bf16).gemm(g, a.data(), b.data(), five.data());
        CHECK(one == five);
    }
}

TEST_CASE("training and decoding have the same bits in bf16", "[backend][panels]") {
    const Cpu cpu(2, Precision::bf16);
    for (const Index k : {64, 129, 1100}) {
        const auto x = random_values(70 * k, 1), w = random_values(45 * k, 2);
        std::vector<float> y(70 * 45), z(70 * 45);
        Panels panels;
        cpu.pack(45, k, w.data(), panels);
        cpu.packed_product(panels, 70, x.data(), y.data(), false);
        cpu.gemm({70, 45, k, false, true}, x.data(), w.data(), z.data());
        CHECK(y == z);
    }
}
