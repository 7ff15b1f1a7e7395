// SPDX-License-Identifier: Apache-2.0
//
// Bytes that training and sampling a Qwen3 take, from its shape alone: nothing is allocated. Bytes
// a token of a micro-batch with D hidden_size, F intermediate_size, H and K heads of width d, L
// layers:
//   layers     activation_bytes and 4 D layer_inputs (activations.hpp)
//   all        4 (F + 2 D + H d + (H + 2 K) d)  scratch,  + 8 D  head
//   key/value  8 L K d  a token that waits in a rollout
#pragma once

#include <gppo/backend/cpu/panels.hpp>
#include <gppo/model/activations.hpp>
#include <gppo/model/parameters.hpp>
#include <gppo/model/qwen3_config.hpp>
#include <gppo/model/read_weights.hpp>

namespace gppo {

struct Qwen3Memory {
    Index parameters = 0;
    Index weights = 0;     ///< bytes of the fp32 weights, which are the optimizer's own
    Index gradients = 0;   ///< the same again
    Index moments = 0;     ///< both of AdamW
    Index sampler = 0;     ///< the weights as decoding has them, see Panels
    Index activation = 0;  ///< a token of a micro-batch
    Index key_value = 0;   ///< a token of a completion that is being sampled
};

/// The weights, and what is copied of them to be read.
inline Index weight_bytes(const Qwen3Config& c, Precision kept) {
    const Qwen3Layout layout = qwen3_layout(c);
    if (kept == Precision::fp32) return 4 * layout.count;
    return 2 * layout.count + norm_copy_bytes(layout.tensors);
}

/// `kept` as Qwen3 has it; `precision` is that of products.
inline Qwen3Memory qwen3_memory(const Qwen3Config& c, Activations kept = Activations::kept,
                                Precision precision = Precision::fp32) {
    const auto panels = [](Index n, Index k) {
        return (n + panel_width - 1) / panel_width * panel_width * k;
    };
    const Index layers = c.num_hidden_layers, width = c.hidden_size;
    Qwen3Memory m;
    m.parameters = qwen3_layout(c).count;
    m.weights = m.gradients = 4 * m.parameters;
    m.moments = 8 * m.parameters;
    const Index packed =
        layers * (panels(c.qkv_width(), width) + panels(width, c.query_width()) +
                  panels(2 * c.intermediate_size, width) + panels(width, c.intermediate_size)) +
        panels(c.vocab_size, width);
    m.sampler = packed * (precision == Precision::bf16 ? 2 : 4);
    const Index scratch = c.intermediate_size + 2 * width + c.query_width() + c.qkv_width();
    m.activation =
        activation_bytes(c, kept) + 4 * (layer_inputs(c, kept) * width + scratch + 2 * width);
    m.key_value = 8 * layers * c.key_value_width();
    return m;
}

}  // namespace gppo
