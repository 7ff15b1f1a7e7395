// SPDX-License-Identifier: Apache-2.0
//
// Where every Qwen3 weight lives in one flat buffer, with transformers' names, shapes (out, in) and
// order. Gradients and optimizer moments use the same layout. In this order the q, k, v projections
// are neighbours, and so are gate and up: each group is one matrix and one product.
#pragma once

#include <gppo/model/qwen3_config.hpp>

#include <string>
#include <vector>

namespace gppo {

/// One named tensor: elements [offset, offset + size()) of the flat buffer, row-major.
struct TensorInfo {
    std::string name;
    std::vector<Index> shape;
    Index offset = 0;

    Index size() const {
        Index n = 1;
        for (const Index extent : shape) n *= extent;
        return n;
    }
};

/// Offsets of one layer. H heads, K key/value heads, d head_dim, F intermediate_size.
struct Qwen3Layer {
    Index qkv = 0;         // (H d + 2 K d, D)
    Index o = 0;           // (D, H d)
    Index q_norm = 0;      // (d)
    Index k_norm = 0;      // (d)
    Index gate_up = 0;     // (2 F, D)
    Index down = 0;        // (D, F)
    Index input_norm = 0;  // (D)
    Index post_norm = 0;   // (D)
};

struct Qwen3Layout {
    std::vector<TensorInfo> tensors;
    std::vector<Qwen3Layer> layers;
    Index embedding = 0;  // (V, D)
    Index norm = 0;       // (D)
    Index head = 0;       // (V, D); equal to `embedding` when tied
    Index count = 0;      ///< floats in all
};

inline Qwen3Layout qwen3_layout(const Qwen3Config& c) {
    check(c);
    Qwen3Layout layout;
    const auto add = [&](std::string name, std::vector<Index> shape) {
        layout.tensors.push_back({std::move(name), std::move(shape), layout.count});
        layout.count += layout.tensors.back().size();
        return layout.tensors.back().offset;
    };
    layout.embedding = add("model.embed_tokens.weight", {c.vocab_size, c.hidden_size});
    for (Index i = 0; i < c.num_hidden_layers; ++i) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        Qwen3Layer at;
        at.qkv = add(layer + "self_attn.q_proj.weight", {c.query_width(), c.hidden_size});
        add(layer + "self_attn.k_proj.weight", {c.key_value_width(), c.hidden_size});
        add(layer + "self_attn.v_proj.weight", {c.key_value_width(), c.hidden_size});
        at.o = add(layer + "self_attn.o_proj.weight", {c.hidden_size, c.query_width()});
        at.q_norm = add(layer + "self_attn.q_norm.weight", {c.head_dim});
        at.k_norm = add(layer + "self_attn.k_norm.weight", {c.head_dim});
        at.gate_up = add(layer + "mlp.gate_proj.weight", {c.intermediate_size, c.hidden_size});
        add(layer + "mlp.up_proj.weight", {c.intermediate_size, c.hidden_size});
        at.down = add(layer + "mlp.down_proj.weight", {c.hidden_size, c.intermediate_size});
        at.input_norm = add(layer + "input_layernorm.weight", {c.hidden_size});
        at.post_norm = add(layer + "post_attention_layernorm.weight", {c.hidden_size});
        layout.layers.push_back(at);
    }
    layout.norm = add("model.norm.weight", {c.hidden_size});
    layout.head = c.tie_word_embeddings ? layout.embedding
                                        : add("lm_head.weight", {c.vocab_size, c.hidden_size});
    return layout;
}

inline std::vector<TensorInfo> qwen3_tensors(const Qwen3Config& c) {
    return qwen3_layout(c).tensors;
}

}  // namespace gppo
