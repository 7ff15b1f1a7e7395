// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/data/pooled_states.hpp>

using Catch::Matchers::Contains;
using gppo::Index;

TEST_CASE("a text's vector is the mean of its states", "[data][pooled_states]") {
    const std::vector<float> hidden{1, 2, 3, 6, 5, 4};
    const std::vector<Index> offsets{0, 2, 3};
    const auto vectors = gppo::mean_states(hidden, offsets, 2);
    CHECK(vectors == std::vector<std::vector<float>>{{2, 4}, {5, 4}});
}

TEST_CASE("a text's vector has nothing to do with its neighbours", "[data][pooled_states]") {
    const std::uint64_t seed = 20'261'122;
    CAPTURE(seed);
    const gppo::Philox random{seed};
    std::vector<float> text, batch;
    for (std::uint64_t i = 0; i < 7 * 3; ++i)
        text.push_back(static_cast<float>(random.below(2001, i, 0)) / 999.f - 1.f);
    batch.assign(2 * 3, 1e30f);
    batch.insert(batch.end(), text.begin(), text.end());
    const std::vector<Index> alone{0, 7}, second{0, 2, 9};
    CHECK(gppo::mean_states(text, alone, 3)[0] == gppo::mean_states(batch, second, 3)[1]);
}

TEST_CASE("texts without tokens and states of another width are refused", "[data][pooled_states]") {
    const std::vector<float> hidden{1, 2, 3, 4};
    const std::vector<Index> empty{0, 2, 2}, right{0, 2};
    CHECK_THROWS_WITH(gppo::mean_states(hidden, empty, 2), Contains("without tokens"));
    CHECK_THROWS_WITH(gppo::mean_states(hidden, right, 3), Contains("width places a token"));
}

TEST_CASE("centred vectors sum to zero", "[data][pooled_states]") {
    std::vector<std::vector<float>> vectors{{10, 1}, {12, 1}, {11, 4}};
    gppo::centre(vectors);
    CHECK(vectors == std::vector<std::vector<float>>{{-1, -1}, {1, -1}, {0, 2}});
    std::vector<std::vector<float>> none, uneven{{1, 2}, {1}};
    gppo::centre(none);
    CHECK(none.empty());
    CHECK_THROWS_WITH(gppo::centre(uneven), Contains("several lengths"));
}
