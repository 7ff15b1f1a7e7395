// SPDX-License-Identifier: Apache-2.0
//
// A Qwen3 small enough for finite differences, with a packed batch for it.
#pragma once

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/qwen3.hpp>

#include <vector>

namespace gppo::test {

inline Qwen3Config tiny_config(bool tied = true) {
    Qwen3Config c;
    c.vocab_size = 13, c.hidden_size = 10, c.intermediate_size = 14, c.num_hidden_layers = 2;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 6;
    c.initializer_range = 0.4f, c.tie_word_embeddings = tied;
    return c;
}

struct TinyBatch {
    std::vector<std::int32_t> tokens{1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 12}, ids{2, 4, 6, 7, 1, 12, 0};
    std::vector<Index> offsets{0, 4, 5, 11}, rows{0, 2, 4, 5, 8, 9, 10};

    Packed packed() const { return {tokens, offsets}; }
    Targets targets() const { return {rows, ids}; }
};

}  // namespace gppo::test
