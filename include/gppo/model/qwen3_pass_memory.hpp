// SPDX-License-Identifier: Apache-2.0
//
// What Qwen3 takes of a backend's own memory while a micro-batch passes, byte for byte what it
// allocates (tests/model/qwen3_pass_memory.test.cpp). T tokens, N targets, B sequences, floats:
//   layers   T activation_bytes,  inputs  layer_inputs T D  (activations.hpp)
//   scratch  T F,  and in backward T (2 D + H d + (H + 2 K) d) + ceil(T / 64) max(D, 2 d)
//   head     N (2 D + 1),  with log-probs also a tile or chunk (head_tiles.hpp), and N (4 + 2); in
//            bf16 the hidden states of its rows, and in backward a tile, rounded
//   batch    integers: tokens, positions, places of the vocabulary, rows, targets, offsets
//   rope     d for each position
#pragma once

#include <gppo/model/layer_rows.hpp>
#include <gppo/model/linear_log_prob.hpp>
#include <gppo/model/qwen3_memory.hpp>

namespace gppo {

/// A micro-batch, as far as memory depends on it.
struct PassShape {
    Index tokens = 0, sequences = 1;
    Index targets = 0;    ///< rows whose log-prob or hidden state is asked for, at most all
    Index positions = 0;  ///< of the rope table: the longest sequence, up to twice that if it grew
    bool backward = true;
    bool log_probs = true;  ///< or hidden states, for a head of another kind
    bool one_pass = false;  ///< Qwen3::learn
    bool rounds = false;    ///< products are of bf16
};

/// Bytes.
struct PassMemory {
    Index layers = 0, inputs = 0, scratch = 0, head = 0, batch = 0, rope = 0;

    Index total() const { return layers + inputs + scratch + head + batch + rope; }
};

inline PassMemory qwen3_pass_memory(const Qwen3Config& c, const PassShape& p, Activations kept) {
    const Index width = c.hidden_size, t = p.tokens, n = p.targets;
    PassMemory m;
    m.layers = t * activation_bytes(c, kept);
    m.inputs = 4 * layer_inputs(c, kept) * t * width;
    m.scratch = 4 * t * c.intermediate_size;
    m.head = 4 * n * (2 * width + 1);
    m.batch = 4 * 2 * t + 8 * (p.sequences + 1) + 8 * n;
    m.rope = 4 * p.positions * c.head_dim;
    if (p.backward) {
        m.scratch += 4 * t * (2 * width + c.query_width() + c.qkv_width()) +
                     4 * math::max(norm_blocks(t, false) * width,
                                   RotateBackward::blocks(t) * c.head_dim *
                                       (c.num_attention_heads + c.num_key_value_heads));
        m.batch += 4 * (c.vocab_size + 1) + 4 * t;
    }
    if (p.log_probs) {
        const HeadTiles& tiles = device_head_tiles;
        m.head += 4 * (p.one_pass ? tiles.chunk(n, c.vocab_size) : tiles.tile(n, c.vocab_size)) +
                  static_cast<Index>(sizeof(LogProbState)) * n + 4 * 2 * n;
        m.batch += 4 * n;
        if (p.rounds)
            m.head +=
                2 * width *
                    (p.one_pass ? tiles.chunk_rows(n, c.vocab_size) : math::min(tiles.rows, n)) +
                (p.backward ? 2 * tiles.tile(n, c.vocab_size) : 0);
    }
    return m;
}

}  // namespace gppo
