// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/qwen3_config.hpp>

using namespace gppo;

namespace {
Qwen3Config small_config() {
    Qwen3Config c;
    c.vocab_size = 97, c.hidden_size = 40, c.intermediate_size = 56, c.num_hidden_layers = 2;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 24;
    return c;
}
}  // namespace

TEST_CASE("a config says how wide its projections are", "[model][qwen3_config]") {
    CHECK(small_config().query_width() == 96);
    CHECK(small_config().key_value_width() == 48);
    CHECK(small_config().qkv_width() == 192);
    CHECK_NOTHROW(check(small_config()));
}

TEST_CASE("a config that cannot work is refused by field name", "[model][qwen3_config]") {
    Qwen3Config c = small_config();
    c.vocab_size = 0;
    CHECK_THROWS_WITH(check(c), Catch::Matchers::Contains("vocab_size is 0"));
    c = small_config(), c.num_key_value_heads = 3;
    CHECK_THROWS_WITH(check(c), Catch::Matchers::Contains("multiple of num_key_value_heads"));
    c = small_config(), c.head_dim = 7;
    CHECK_THROWS_WITH(check(c), Catch::Matchers::Contains("head_dim must be even"));
    c = small_config(), c.rms_norm_eps = 0;
    CHECK_THROWS_AS(check(c), Error);
}
