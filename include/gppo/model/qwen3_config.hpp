// SPDX-License-Identifier: Apache-2.0
//
// The shape of a Qwen3 model, with the field names of transformers' config.json.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/model/yarn.hpp>

#include <optional>
#include <string>

namespace gppo {

struct Qwen3Config {
    Index vocab_size = 0;
    Index hidden_size = 0;
    Index intermediate_size = 0;
    Index num_hidden_layers = 0;
    Index num_attention_heads = 0;
    Index num_key_value_heads = 0;
    Index head_dim = 0;  ///< need not be hidden_size / num_attention_heads
    Index max_position_embeddings = 4096;
    float rms_norm_eps = 1e-6f;
    float rope_theta = 1e6f;
    float initializer_range = 0.02f;
    bool tie_word_embeddings = true;
    std::optional<Index> bos_token_id, eos_token_id, pad_token_id;
    std::optional<Yarn> yarn{};  ///< for contexts longer than those of pre-training

    Index query_width() const { return num_attention_heads * head_dim; }
    Index key_value_width() const { return num_key_value_heads * head_dim; }
    Index qkv_width() const { return query_width() + 2 * key_value_width(); }

    bool operator==(const Qwen3Config&) const = default;
};

/// Throws Error naming the first field that cannot work.
inline void check(const Qwen3Config& c) {
    const auto positive = [](Index value, const char* name) {
        expects(value > 0, [&] {
            return "model config: " + std::string(name) + " is " + std::to_string(value) +
                   "; it must be positive";
        });
    };
    positive(c.vocab_size, "vocab_size");
    positive(c.hidden_size, "hidden_size");
    positive(c.intermediate_size, "intermediate_size");
    positive(c.num_hidden_layers, "num_hidden_layers");
    positive(c.num_attention_heads, "num_attention_heads");
    positive(c.num_key_value_heads, "num_key_value_heads");
    positive(c.head_dim, "head_dim");
    positive(c.max_position_embeddings, "max_position_embeddings");
    expects(c.num_attention_heads % c.num_key_value_heads == 0,
            "model config: num_attention_heads must be a multiple of num_key_value_heads");
    expects(c.head_dim % 2 == 0, "model config: head_dim must be even, RoPE turns pairs");
    expects(c.rms_norm_eps > 0 && c.rope_theta > 0,
            "model config: rms_norm_eps and rope_theta must be positive");
    expects(!c.yarn || c.rope_theta > 1, "model config: YaRN needs a rope_theta above 1");
    if (c.yarn) check(*c.yarn);
}

/// How the pairs of a head turn.
inline RopeFrequencies rope_frequencies(const Qwen3Config& c) {
    if (c.yarn) return yarn_frequencies(*c.yarn, c.rope_theta, c.head_dim);
    return {.theta = c.rope_theta};
}

}  // namespace gppo
