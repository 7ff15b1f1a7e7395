// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/tile.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("tile products are exact on small integers, plain, transposed and added",
          "[backend][tile]") {
    const auto value = [](Index i) { return static_cast<float>(i * 7 % 11) - 5.0f; };
    for (const Index m : {1, 3, 8, 21})
        for (const Index n : {lane, 2 * lane, 5 * lane})
            for (const Index k : {0, 1, 24})
                for (const bool transposed : {false, true})
                    for (const bool add : {false, true}) {
                        const Index ldb = n + lane, ldc = n;
                        std::vector<float> a(static_cast<std::size_t>(m * k));
                        std::vector<float> b(static_cast<std::size_t>(k * ldb));
                        std::vector<float> c(static_cast<std::size_t>(m * ldc), 3.0f);
                        for (std::size_t i = 0; i < a.size(); ++i)
                            a[i] = value(static_cast<Index>(i));
                        for (std::size_t i = 0; i < b.size(); ++i)
                            b[i] = value(static_cast<Index>(i) + 4);
                        const Index row = transposed ? 1 : k, column = transposed ? m : 1;
                        tile_product({m, n, k, row, column, ldb, ldc, add}, a.data(), b.data(),
                                     c.data());
                        for (Index i = 0; i < m; ++i)
                            for (Index j = 0; j < n; ++j) {
                                float want = add ? 3.0f : 0.0f;
                                for (Index p = 0; p < k; ++p)
                                    want += value(i * row + p * column) * value(p * ldb + j + 4);
                                REQUIRE(c[static_cast<std::size_t>(i * ldc + j)] == want);
                            }
                    }
}

TEST_CASE("tiles of bf16 pairs are exact on small integers", "[backend][tile]") {
    const auto value = [](Index i) { return static_cast<float>(i * 7 % 11) - 5.0f; };
    for (const Index m : {1, 3, 8, 21})
        for (const Index k : {0, 1, 24})
            for (const bool add : {false, true}) {
                constexpr Index n = 3 * lane;
                std::vector<Bf16Pair> a(static_cast<std::size_t>(m * k));
                std::vector<Bf16Pair> b(static_cast<std::size_t>(k * n));
                std::vector<float> c(static_cast<std::size_t>(m * n), 3.0f);
                for (std::size_t i = 0; i < a.size(); ++i)
                    a[i] = bf16_pair(value(static_cast<Index>(2 * i)),
                                     value(static_cast<Index>(2 * i + 1)));
                for (std::size_t i = 0; i < b.size(); ++i)
                    b[i] = bf16_pair(value(static_cast<Index>(i) + 4),
                                     value(static_cast<Index>(i) + 6));
                tile_product({m, n, k, k, 1, n, n, add}, a.data(), b.data(), c.data());
                for (Index i = 0; i < m; ++i)
                    for (Index j = 0; j < n; ++j) {
                        float want = add ? 3.0f : 0.0f;
                        for (Index p = 0; p < k; ++p)
                            want += value(2 * (i * k + p)) * value(p * n + j + 4) +
                                    value(2 * (i * k + p) + 1) * value(p * n + j + 6);
                        REQUIRE(c[static_cast<std::size_t>(i * n + j)] == want);
                    }
            }
}

TEST_CASE("padding rounds up to whole vectors", "[backend][tile]") {
    CHECK(padded(0) == 0);
    CHECK(padded(1) == lane);
    CHECK(padded(lane) == lane);
    CHECK(padded(lane + 1) == 2 * lane);
}
