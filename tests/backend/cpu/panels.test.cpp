// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("packed products are exact on small integers, plain and added, for any size",
          "[backend][panels]") {
    const Cpu cpu(2);
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
    const Cpu cpu(1), three(3);
    cpu.pack(n, k, w.data(), panels);
    cpu.packed_product(panels, 1, x.data(), one.data(), false);
    std::vector<float> y(rows * n);
    three.packed_product(panels, rows, all.data(), y.data(), false);
    for (Index r = 0; r < rows; ++r)
        for (Index j = 0; j < n; ++j)
            REQUIRE(y[static_cast<std::size_t>(r * n + j)] == one[static_cast<std::size_t>(j)]);
}
