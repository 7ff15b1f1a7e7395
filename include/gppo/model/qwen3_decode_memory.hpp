// SPDX-License-Identifier: Apache-2.0
//
// What generation works in on a backend's own memory, beside weights, keys and values: R rows of a
// step, or the T tokens of prompts that go in whole, of which `decode_rows_at_once` pass the
// matrices of the feed-forward together. Floats:
//   rows        max(R, T) (D + (H + 2 K) d + H d) + min(…, rows at once) (D + 3 F)
//   log-sums    T H
//   attention   R H parts (d + 2) + teams (8 (32 + d) + d)
//   logits      2 N V
#pragma once

#include <gppo/backend/paged_cache.hpp>
#include <gppo/model/placed_rows.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace gppo {

/// Rows whose feed-forward is worked out together.
inline constexpr Index decode_rows_at_once = 2048;

/// Rows whose logits are made together.
constexpr Index logits_at_once(Index vocabulary, bool on_host) {
    const Index floats = Index{1} << (on_host ? 22 : 25);  // what a cache holds; a GPU
    return std::max<Index>(8, floats / vocabulary);
}

/// Generation, as far as memory depends on it.
struct DecodeShape {
    Index rows = 0;     ///< most rows of a step
    Index longest = 0;  ///< tokens of a sequence
    Index prompts = 0;  ///< most tokens of prompts that go in whole, together
    Index draws = 0;    ///< most tokens that are sampled in a step
};

/// Bytes on a backend whose memory is not the host's. Lists of rows and pages are not counted.
inline Index qwen3_decode_memory(const Qwen3Config& c, const DecodeShape& s) {
    const Index step = filled_up(s.rows), whole = s.prompts > 0 ? filled_up(s.prompts) : 0;
    const Index rows = std::max(step, whole), together = std::min(rows, decode_rows_at_once);
    const auto parts = static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(std::min(
        most_parts,
        (pages_of(s.longest) + pages_at_once) / pages_at_once))));  // a page for each strip
    const AttentionShape shape{c.num_attention_heads, c.num_key_value_heads, c.head_dim};
    const Index attention =
        step * parts * c.num_attention_heads * (c.head_dim + 2) +
        paged_teams(shape, step * parts) * paged_scratch(c.head_dim) * heads_at_once;
    const Index draws = std::min(logits_at_once(c.vocab_size, false), s.draws);
    return 4 * (rows * (c.hidden_size + c.qkv_width() + c.query_width()) +
                together * (c.hidden_size + 3 * c.intermediate_size) +
                s.prompts * c.num_attention_heads + attention + 2 * draws * c.vocab_size);
}

}  // namespace gppo
