// SPDX-License-Identifier: Apache-2.0
//
// What the forward pass of a layer leaves for its backward pass, and how much of it.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <string>
#include <string_view>

namespace gppo {

/// All that backward reads, in fp32 (LayerActivations); the same rounded to bf16, without what a
/// norm makes again (RoundedActivations); or the layer's input alone, and backward runs the layer
/// once more. Log-probs are the same with all three.
enum class Activations { kept, rounded, recomputed };

inline Activations activations_from_name(std::string_view name) {
    if (name == "kept") return Activations::kept;
    if (name == "rounded") return Activations::rounded;
    expects(name == "recomputed", [&] {
        return "activations are kept, rounded or recomputed, not " + std::string(name);
    });
    return Activations::recomputed;
}

/// Floats that LayerActivations has of a token.
inline Index layer_floats(const Qwen3Config& c) {
    const Index heads = c.num_attention_heads + c.num_key_value_heads;
    return 3 * c.hidden_size + 2 + c.qkv_width() + heads * c.head_dim + heads + c.query_width() +
           c.num_attention_heads + 2 * c.intermediate_size;
}

/// Of those, numbers that RoundedActivations has in bf16: the layer's input and x1, q, k and v,
/// q and k after norm and rope, attention's output, gate and up.
inline Index rounded_width(const Qwen3Config& c) {
    return 2 * c.hidden_size + c.qkv_width() + c.query_width() + c.key_value_width() +
           c.query_width() + 2 * c.intermediate_size;
}

/// And in fp32: 1 / rms of the heads of q and k, and attention's log-sum-exp.
inline Index unrounded_width(const Qwen3Config& c) {
    return 2 * c.num_attention_heads + c.num_key_value_heads;
}

/// Bytes of a token that all layers leave together, and that the layer at work needs beside.
inline Index activation_bytes(const Qwen3Config& c, Activations kept) {
    const Index layers = c.num_hidden_layers, floats = layer_floats(c);
    const Index own = unrounded_width(c);
    if (kept == Activations::rounded)
        return layers * (2 * rounded_width(c) + 4 * own) + 4 * (floats - own);
    return 4 * (kept == Activations::recomputed ? floats : layers * floats);
}

/// Buffers (T, D) in fp32 of what goes from layer to layer.
inline Index layer_inputs(const Qwen3Config& c, Activations kept) {
    return kept == Activations::rounded ? 2 : c.num_hidden_layers + 1;
}

}  // namespace gppo
