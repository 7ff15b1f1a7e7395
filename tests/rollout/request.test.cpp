// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/request.hpp>

using namespace gppo;

TEST_CASE("a request may generate what it asks for and what the context leaves",
          "[rollout][request]") {
    Qwen3Config config;
    config.vocab_size = 10, config.max_position_embeddings = 8;
    CHECK(new_token_limit({{1, 2, 3}, 5, 2}, 0, config) == 2);
    CHECK(new_token_limit({{1, 2, 3}, 5, 20}, 0, config) == 5);
    CHECK(new_token_limit({{1, 2, 3, 4, 5, 6, 7}, 5, 20}, 0, config) == 1);
    CHECK_THROWS_WITH(new_token_limit({{1, 2, 3, 4, 5, 6, 7, 8}, 5, 1}, 2, config),
                      Catch::Contains("request 2 (id 5)") && Catch::Contains("8 tokens"));
    CHECK_THROWS_WITH(new_token_limit({{-1}, 5, 1}, 2, config), Catch::Contains("token -1"));
}

TEST_CASE("the likeliest completion has the highest mean log-prob, the first of equals",
          "[rollout]") {
    using gppo::Completion;
    CHECK(gppo::likeliest({Completion{{1, 2}, {-3, -1}, {}}, Completion{{1}, {-1}, {}},
                           Completion{{4, 4, 4}, {-1, -1, -1}, {}}}) == 1);
    CHECK(gppo::likeliest({Completion{}, Completion{{1}, {-1}, {}}}) == 0);
}

TEST_CASE("the likeliest completion is found by what the model wrote", "[rollout][request]") {
    const Completion long_tool{{1, 2, 3, 4}, {-2, 0, 0, -2}, {}, {1, 0, 0, 1}};  // -2 a token
    CHECK(gppo::likeliest({long_tool, Completion{{1}, {-1.5f}, {}}}) == 1);
    CHECK(long_tool.sampled(0));
    CHECK_FALSE(long_tool.sampled(1));
}
