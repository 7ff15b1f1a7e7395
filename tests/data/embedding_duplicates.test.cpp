// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/data/embedding_duplicates.hpp>

#include <limits>

using Catch::Matchers::Contains;
using gppo::EmbeddingDuplicates;

TEST_CASE("a row is a copy of the closest earlier row that stays", "[data][embedding_duplicates]") {
    EmbeddingDuplicates duplicates(0.9);
    CHECK_FALSE(duplicates.add(std::vector<float>{1, 0, 0}));
    CHECK_FALSE(duplicates.add(std::vector<float>{0, 2, 0}));
    const auto copy = duplicates.add(std::vector<float>{0.2f, 3, 0});
    REQUIRE(copy);
    CHECK(copy->row == 1);
    CHECK(copy->cosine == Approx(3 / std::sqrt(9.04)));
    CHECK_FALSE(duplicates.add(std::vector<float>{0.5f, 0.8f, 0}));  // 0.85 to row 1
    CHECK_FALSE(duplicates.add(std::vector<float>{-1, 0, 0}));
    CHECK(duplicates.add(std::vector<float>{-5, 0, 0})->row == 4);
}

TEST_CASE("decisions are those of double precision over all pairs",
          "[data][embedding_duplicates]") {
    const std::uint64_t seed = 20'261'121;
    CAPTURE(seed);
    const gppo::Philox random{seed};
    std::vector<std::vector<float>> vectors;
    for (std::uint64_t i = 0; i < 200; ++i) {
        std::vector<float> v;
        for (std::uint64_t d = 0; d < 5; ++d)
            v.push_back(static_cast<float>(random.below(2001, i, d)) / 1000.f - 1.0005f);
        vectors.push_back(v);
    }
    const auto cosine = [&](std::size_t i, std::size_t j) {
        double ab = 0, aa = 0, bb = 0;
        for (std::size_t d = 0; d < 5; ++d) {
            const double a = static_cast<double>(vectors[i][d]),
                         b = static_cast<double>(vectors[j][d]);
            ab += a * b, aa += a * a, bb += b * b;
        }
        return ab / std::sqrt(aa * bb);
    };
    EmbeddingDuplicates duplicates(0.95);
    std::vector<std::size_t> kept;
    std::size_t copies = 0;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        double best = -2;
        for (const std::size_t k : kept) best = std::max(best, cosine(i, k));
        const auto found = duplicates.add(vectors[i]);
        CHECK(found.has_value() == (best >= 0.95));
        if (found) CHECK(found->cosine == Approx(best).epsilon(1e-5));
        if (best < 0.95) kept.push_back(i);
        copies += found.has_value();
    }
    CHECK((copies > 10 && copies < 190));
}

TEST_CASE("vectors that have no direction are refused", "[data][embedding_duplicates]") {
    EmbeddingDuplicates duplicates(1);
    CHECK_FALSE(duplicates.add(std::vector<float>{0.1f, 0.7f}));
    CHECK(duplicates.add(std::vector<float>{0.1f, 0.7f}));  // 1 but for rounding
    CHECK_THROWS_WITH(duplicates.add(std::vector<float>{1}),
                      Contains("1 numbers after those of 2"));
    CHECK_THROWS_WITH(duplicates.add(std::vector<float>{0, 0}), Contains("zero or not finite"));
    CHECK_THROWS_WITH(duplicates.add(std::vector<float>{1, std::numeric_limits<float>::infinity()}),
                      Contains("zero or not finite"));
    CHECK_THROWS_WITH(EmbeddingDuplicates(0), Contains("threshold"));
}

TEST_CASE("embeddings come in the order of their index", "[data][embedding_duplicates]") {
    const auto read = gppo::read_embeddings(
        R"({"data": [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]})", 2);
    CHECK(read == std::vector<std::vector<float>>{{1}, {2}});
    CHECK_THROWS_WITH(gppo::read_embeddings(R"({"data": []})", 2), Contains("list \"data\" of 2"));
    CHECK_THROWS_WITH(gppo::read_embeddings("{", 1), Contains("list \"data\""));
    CHECK_THROWS_WITH(
        gppo::read_embeddings(
            R"({"data": [{"index": 0, "embedding": [2]}, {"index": 0, "embedding": [1]}]})", 2),
        Contains("indices"));
    CHECK_THROWS_WITH(gppo::read_embeddings(R"({"data": [{"embedding": ["a"]}]})", 1),
                      Contains("something else than numbers"));
}
