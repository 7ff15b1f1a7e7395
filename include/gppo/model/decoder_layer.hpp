// SPDX-License-Identifier: Apache-2.0
//
// One Qwen3 decoder layer, forward and backward by hand, over packed sequences:
//   x1 = x + o_proj(attention(rope(q_norm(q)), rope(k_norm(k)), v)),  qkv of rms_norm(x)
//   x2 = x1 + down(silu(gate) up),                                gate, up of rms_norm(x1)
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/model/layer_rows.hpp>
#include <gppo/model/parameters.hpp>
#include <gppo/model/read_weights.hpp>
#include <gppo/model/rope_table.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace gppo {

template <Backend K>
using FloatBuffer = decltype(std::declval<const K&>().template allocate<float>(0));

/// The tokens of a batch as a layer sees them; the views are of the backend's memory.
struct PackedLayout {
    Index tokens = 0;
    View<const Index> offsets;           // (B + 1)
    View<const std::int32_t> positions;  // (T)   place of each token in its sequence
    RopeAngles angles;
    Index longest = 0;  ///< tokens of the longest sequence
};

/// What a layer's forward leaves for its backward.
template <Backend K>
struct LayerActivations {
    FloatBuffer<K> x1;                      // (T, D)
    FloatBuffer<K> normed, post_normed;     // (T, D)
    FloatBuffer<K> scale, post_scale;       // (T)          1 / rms
    FloatBuffer<K> qkv;                     // (T, (H + 2 K) d)  before norm and rope
    FloatBuffer<K> rotated;                 // (T, (H + K) d)    q and k after both
    FloatBuffer<K> head_scale;              // (T, H + K)
    FloatBuffer<K> attention, log_sum_exp;  // (T, H d), (T, H)
    FloatBuffer<K> gate_up;                 // (T, 2 F)     backward turns it into its gradient

    void resize(const Qwen3Config& c, Index tokens) {
        const Index heads = c.num_attention_heads + c.num_key_value_heads;
        for (FloatBuffer<K>* b : {&x1, &normed, &post_normed}) b->resize(tokens * c.hidden_size);
        for (FloatBuffer<K>* b : {&scale, &post_scale}) b->resize(tokens);
        qkv.resize(tokens * c.qkv_width());
        rotated.resize(tokens * heads * c.head_dim);
        head_scale.resize(tokens * heads);
        attention.resize(tokens * c.query_width());
        log_sum_exp.resize(tokens * c.num_attention_heads);
        gate_up.resize(tokens * 2 * c.intermediate_size);
    }
};

/// Memory that all layers share.
template <Backend K>
struct LayerScratch {
    FloatBuffer<K> inner;       // (T, F)               output of SwiGLU and its gradient
    FloatBuffer<K> dnormed;     // (T, D)
    FloatBuffer<K> dattention;  // (T, H d)
    FloatBuffer<K> dqkv;        // (T, (H + 2 K) d)
    FloatBuffer<K> partial;     // (T / norm_block(), D), and what RotateBackward needs
};

/// Sums partial rows (blocks, width) into `out`, in an order that does not depend on threads.
template <Backend K>
void add_partials(const K& backend, View<const float> partial, Index width, Index first,
                  View<float> out) {
    if constexpr (K::host_memory)
        backend.for_rows((out.size + AddPartials::chunk - 1) / AddPartials::chunk,
                         AddPartials{partial, width, first, out});
    else
        backend.for_rows(out.size, AddColumn{partial, width, first, out});
}

template <Backend K>
class DecoderLayer {
  public:
    DecoderLayer(const K& backend, const Qwen3Config& config, const Qwen3Layer& at)
        : backend_(&backend), c_(config), at_(at) {}

    /// x (T, D) -> out (T, D), another buffer.
    void forward(const PackedLayout& p, const ReadWeights<K>& weights, const float* x,
                 LayerActivations<K>& a, LayerScratch<K>& s, float* out) const {
        const Index tokens = p.tokens, width = c_.hidden_size, inner = c_.intermediate_size;
        a.resize(c_, tokens);
        normalise(tokens, x, weights.norm(at_.input_norm), a.normed, a.scale, a.x1.data());
        backend_->gemm({tokens, c_.qkv_width(), width, false, true}, a.normed.data(),
                       weights + at_.qkv, a.qkv.data());
        rotate(p, weights, a);
        backend_->attention_forward(attention_input(p, a),
                                    Rows<float>{a.attention.data(), c_.query_width()},
                                    a.log_sum_exp.view());
        backend_->gemm({tokens, width, c_.query_width(), false, true, 1.0f}, a.attention.data(),
                       weights + at_.o, a.x1.data());
        normalise(tokens, a.x1.data(), weights.norm(at_.post_norm), a.post_normed, a.post_scale,
                  out);
        backend_->gemm({tokens, 2 * inner, width, false, true}, a.post_normed.data(),
                       weights + at_.gate_up, a.gate_up.data());
        s.inner.resize(tokens * inner);
        backend_->for_rows(tokens, SwigluRow{inner, a.gate_up.data(), s.inner.data()});
        backend_->gemm({tokens, width, inner, false, true, 1.0f}, s.inner.data(),
                       weights + at_.down, out);
    }

    /// dx (T, D) goes from the gradient of the output to that of the input; adds to `gradients`.
    /// `a` is used up.
    void backward(const PackedLayout& p, const ReadWeights<K>& weights, const float* x,
                  LayerActivations<K>& a, LayerScratch<K>& s, float* dx, float* gradients) const {
        s.dnormed.resize(p.tokens * c_.hidden_size);
        s.dattention.resize(p.tokens * c_.query_width());
        s.dqkv.resize(p.tokens * c_.qkv_width());
        backward_mlp(p.tokens, weights, a, s, dx, gradients);
        backward_attention(p, weights, a, s, dx, gradients);
        normalise_backward(p.tokens, x, weights.norm(at_.input_norm), a.scale, s, dx,
                           gradients + at_.input_norm);
    }

  private:
    /// to = rms_norm(x), and copies x to `residual`.
    void normalise(Index tokens, const float* x, const float* weight, FloatBuffer<K>& to,
                   FloatBuffer<K>& scale, float* residual) const {
        backend_->for_rows(tokens, NormaliseRow{c_.hidden_size, c_.rms_norm_eps, x, weight,
                                                to.data(), scale.data(), residual});
    }

    /// Adds the gradient that came through a norm (s.dnormed) to dx, and to the norm's weight.
    void normalise_backward(Index tokens, const float* x, const float* weight,
                            FloatBuffer<K>& scale, LayerScratch<K>& s, float* dx,
                            float* dweight) const {
        const Index width = c_.hidden_size, each = norm_block(K::host_memory);
        const Index blocks = norm_blocks(tokens, K::host_memory);
        s.partial.resize(blocks * width);
        backend_->for_rows(blocks,
                           NormaliseBackwardBlock{tokens, width, each, s.dnormed.data(), x, weight,
                                                  scale.data(), dx, s.partial.data()});
        add_partials(*backend_, s.partial.view(), width, 0, {dweight, width});
    }

    AttentionInput attention_input(const PackedLayout& p, LayerActivations<K>& a) const {
        const Index heads = c_.num_attention_heads, keys = c_.num_key_value_heads, d = c_.head_dim;
        const Index stride = (heads + keys) * d;
        return {{heads, keys, d, 1.0f / std::sqrt(static_cast<float>(d))},
                p.offsets,
                {a.rotated.data(), stride},
                {a.rotated.data() + heads * d, stride},
                {a.qkv.data() + stride, c_.qkv_width()},
                p.longest};
    }

    RotatedHeads rotated_heads(const PackedLayout& p, const ReadWeights<K>& weights,
                               LayerActivations<K>& a) const {
        const Index queries = c_.num_attention_heads;
        return {queries,
                queries + c_.num_key_value_heads,
                c_.head_dim,
                c_.qkv_width(),
                weights.norm(at_.q_norm),
                weights.norm(at_.k_norm),
                a.qkv.data(),
                p.positions,
                p.angles};
    }

    /// A team for each token, or on a device, where teams are many, for each of its heads.
    void rotate(const PackedLayout& p, const ReadWeights<K>& weights,
                LayerActivations<K>& a) const {
        const RotateHead each{rotated_heads(p, weights, a), c_.rms_norm_eps, a.rotated.data(),
                              a.head_scale.data()};
        if constexpr (K::host_memory)
            backend_->for_rows(p.tokens, RotateRow{each});
        else
            backend_->for_rows(p.tokens * each.in.heads, each);
    }

    /// dqkv: gradients of rotated q and k -> gradients of qkv, in place; adds to both norms'
    /// weights.
    void rotate_backward(const PackedLayout& p, const ReadWeights<K>& weights,
                         LayerActivations<K>& a, LayerScratch<K>& s, float* gradients) const {
        const RotateBackward each{rotated_heads(p, weights, a), p.tokens, a.head_scale.data(),
                                  s.dqkv.data()};
        const Index d = c_.head_dim, blocks = RotateBackward::blocks(p.tokens);
        const View<float> q{gradients + at_.q_norm, d}, k{gradients + at_.k_norm, d};
        if constexpr (K::host_memory) {
            s.partial.resize(blocks * 2 * d);
            backend_->for_rows(blocks, RotateBackwardBlock{each, s.partial.data()});
            add_partials(*backend_, s.partial.view(), 2 * d, 0, q);
            add_partials(*backend_, s.partial.view(), 2 * d, d, k);
        } else {
            s.partial.resize(each.in.heads * blocks * d);
            backend_->for_rows(each.in.heads * blocks, RotateBackwardHead{each, s.partial.data()});
            const Index of_queries = each.in.queries * blocks * d;
            add_partials(*backend_, s.partial.view().slice(0, of_queries), d, 0, q);
            add_partials(
                *backend_,
                s.partial.view().slice(of_queries, each.in.heads * blocks * d - of_queries), d, 0,
                k);
        }
    }

    void backward_mlp(Index tokens, const ReadWeights<K>& weights, LayerActivations<K>& a,
                      LayerScratch<K>& s, float* dx, float* gradients) const {
        const Index width = c_.hidden_size, inner = c_.intermediate_size;
        s.inner.resize(tokens * inner);
        backend_->gemm({tokens, inner, width}, dx, weights + at_.down, s.inner.data());
        backend_->for_rows(tokens, SwigluBackwardRow{inner, a.gate_up.data(), s.inner.data()});
        backend_->gemm({width, inner, tokens, true, false, 1.0f}, dx, s.inner.data(),
                       gradients + at_.down);
        backend_->gemm({tokens, width, 2 * inner}, a.gate_up.data(), weights + at_.gate_up,
                       s.dnormed.data());
        backend_->gemm({2 * inner, width, tokens, true, false, 1.0f}, a.gate_up.data(),
                       a.post_normed.data(), gradients + at_.gate_up);
        normalise_backward(tokens, a.x1.data(), weights.norm(at_.post_norm), a.post_scale, s, dx,
                           gradients + at_.post_norm);
    }

    /// Ends with s.dnormed, the gradient of the input norm's output.
    void backward_attention(const PackedLayout& p, const ReadWeights<K>& weights,
                            LayerActivations<K>& a, LayerScratch<K>& s, float* dx,
                            float* gradients) const {
        const Index width = c_.hidden_size, queries = c_.query_width(), qkv = c_.qkv_width();
        backend_->gemm({p.tokens, queries, width}, dx, weights + at_.o, s.dattention.data());
        backend_->gemm({width, queries, p.tokens, true, false, 1.0f}, dx, a.attention.data(),
                       gradients + at_.o);
        float* const dqkv = s.dqkv.data();
        backend_->attention_backward(
            attention_input(p, a), Rows<const float>{a.attention.data(), queries},
            a.log_sum_exp.view(), Rows<const float>{s.dattention.data(), queries},
            Rows<float>{dqkv, qkv}, Rows<float>{dqkv + queries, qkv},
            Rows<float>{dqkv + queries + c_.key_value_width(), qkv});
        rotate_backward(p, weights, a, s, gradients);
        backend_->gemm({p.tokens, width, qkv}, dqkv, weights + at_.qkv, s.dnormed.data());
        backend_->gemm({qkv, width, p.tokens, true, false, 1.0f}, dqkv, a.normed.data(),
                       gradients + at_.qkv);
    }

    const K* backend_;
    Qwen3Config c_;
    Qwen3Layer at_;
};

}  // namespace gppo
