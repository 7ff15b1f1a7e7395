// SPDX-License-Identifier: Apache-2.0
//
// One Qwen3 decoder layer, forward and backward by hand, over packed sequences:
//   x1 = x + o_proj(attention(rope(q_norm(q)), rope(k_norm(k)), v)),  qkv of rms_norm(x)
//   x2 = x1 + down(silu(gate) up),                                gate, up of rms_norm(x1)
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/kernel/rms_norm.hpp>
#include <gppo/kernel/sum.hpp>
#include <gppo/kernel/swiglu.hpp>
#include <gppo/model/parameters.hpp>
#include <gppo/model/rope_table.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace gppo {

/// Rows that share one partial sum of a norm's weight gradient: fixed, so threads do not matter.
inline constexpr Index norm_block = 64;

template <Backend K>
using FloatBuffer = decltype(std::declval<const K&>().template allocate<float>(0));

/// The tokens of a batch as a layer sees them.
struct PackedLayout {
    Index tokens = 0;
    View<const Index> offsets;           // (B + 1)
    View<const std::int32_t> positions;  // (T)   place of each token in its sequence
    RopeAngles angles;
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
    FloatBuffer<K> partial;     // (T / norm_block, max(D, 2 d))
};

/// Sums partial rows (blocks, width) into `out`, in order.
template <Backend K>
void add_partials(const K& backend, View<const float> partial, Index width, Index first,
                  View<float> out) {
    constexpr Index chunk = 64;
    backend.for_rows((out.size + chunk - 1) / chunk, [=](auto team, Index n) {
        const Index begin = n * chunk, count = math::min(chunk, out.size - begin);
        add_rows(team, partial, width, first + begin, out.slice(begin, count));
    });
}

template <Backend K>
class DecoderLayer {
  public:
    DecoderLayer(const K& backend, const Qwen3Config& config, const Qwen3Layer& at)
        : backend_(&backend), c_(config), at_(at) {}

    /// x (T, D) -> out (T, D), another buffer.
    void forward(const PackedLayout& p, const float* weights, const float* x,
                 LayerActivations<K>& a, LayerScratch<K>& s, float* out) const {
        const Index tokens = p.tokens, width = c_.hidden_size, inner = c_.intermediate_size;
        a.resize(c_, tokens);
        normalise(tokens, x, weights + at_.input_norm, a.normed, a.scale, a.x1.data());
        backend_->gemm({tokens, c_.qkv_width(), width, false, true}, a.normed.data(),
                       weights + at_.qkv, a.qkv.data());
        rotate(p, weights, a);
        backend_->attention_forward(attention_input(p, a),
                                    Rows<float>{a.attention.data(), c_.query_width()},
                                    a.log_sum_exp.view());
        backend_->gemm({tokens, width, c_.query_width(), false, true, 1.0f}, a.attention.data(),
                       weights + at_.o, a.x1.data());
        normalise(tokens, a.x1.data(), weights + at_.post_norm, a.post_normed, a.post_scale, out);
        backend_->gemm({tokens, 2 * inner, width, false, true}, a.post_normed.data(),
                       weights + at_.gate_up, a.gate_up.data());
        s.inner.resize(tokens * inner);
        backend_->for_rows(tokens,
                           [=, gate = a.gate_up.data(), to = s.inner.data()](auto team, Index t) {
                               const View<const float> row{gate + t * 2 * inner, 2 * inner};
                               swiglu(team, row.slice(0, inner), row.slice(inner, inner),
                                      View<float>{to + t * inner, inner});
                           });
        backend_->gemm({tokens, width, inner, false, true, 1.0f}, s.inner.data(),
                       weights + at_.down, out);
    }

    /// dx (T, D) goes from the gradient of the output to that of the input; adds to `gradients`.
    /// `a` is used up.
    void backward(const PackedLayout& p, const float* weights, const float* x,
                  LayerActivations<K>& a, LayerScratch<K>& s, float* dx, float* gradients) const {
        s.dnormed.resize(p.tokens * c_.hidden_size);
        s.dattention.resize(p.tokens * c_.query_width());
        s.dqkv.resize(p.tokens * c_.qkv_width());
        backward_mlp(p.tokens, weights, a, s, dx, gradients);
        backward_attention(p, weights, a, s, dx, gradients);
        normalise_backward(p.tokens, x, weights + at_.input_norm, a.scale, s, dx,
                           gradients + at_.input_norm);
    }

  private:
    /// to = rms_norm(x), and copies x to `residual`.
    void normalise(Index tokens, const float* x, const float* weight, FloatBuffer<K>& to,
                   FloatBuffer<K>& scale, float* residual) const {
        const Index width = c_.hidden_size;
        backend_->for_rows(tokens, [=, eps = c_.rms_norm_eps, y = to.data(), r = scale.data()](
                                       auto team, Index t) {
            const View<const float> row{x + t * width, width};
            r[t] = rms_norm(team, row, View<const float>{weight, width}, eps,
                            View<float>{y + t * width, width});
            float* const copy = residual + t * width;
            team.for_each(width, [=](Index i) { copy[i] = row[i]; });
        });
    }

    /// Adds the gradient that came through a norm (s.dnormed) to dx, and to the norm's weight.
    void normalise_backward(Index tokens, const float* x, const float* weight,
                            FloatBuffer<K>& scale, LayerScratch<K>& s, float* dx,
                            float* dweight) const {
        const Index width = c_.hidden_size, blocks = (tokens + norm_block - 1) / norm_block;
        s.partial.resize(blocks * width);
        backend_->for_rows(blocks, [=, dy = s.dnormed.data(), r = scale.data(),
                                    partial = s.partial.data()](auto team, Index block) {
            const View<float> dw{partial + block * width, width};
            team.for_each(width, [=](Index i) { dw[i] = 0.0f; });
            const Index end = math::min((block + 1) * norm_block, tokens);
            for (Index t = block * norm_block; t < end; ++t)
                rms_norm_backward(team, {dy + t * width, width}, {x + t * width, width},
                                  {weight, width}, r[t], true, View<float>{dx + t * width, width},
                                  dw);
        });
        add_partials(*backend_, s.partial.view(), width, 0, {dweight, width});
    }

    AttentionInput attention_input(const PackedLayout& p, LayerActivations<K>& a) const {
        const Index heads = c_.num_attention_heads, keys = c_.num_key_value_heads, d = c_.head_dim;
        const Index stride = (heads + keys) * d;
        return {{heads, keys, d, 1.0f / std::sqrt(static_cast<float>(d))},
                p.offsets,
                {a.rotated.data(), stride},
                {a.rotated.data() + heads * d, stride},
                {a.qkv.data() + stride, c_.qkv_width()}};
    }

    /// rotated = rope(norm(q and k of qkv)).
    void rotate(const PackedLayout& p, const float* weights, LayerActivations<K>& a) const {
        const Index queries = c_.num_attention_heads, heads = queries + c_.num_key_value_heads;
        const Index d = c_.head_dim, stride = c_.qkv_width();
        backend_->for_rows(
            p.tokens,
            [=, eps = c_.rms_norm_eps, q_norm = weights + at_.q_norm, k_norm = weights + at_.k_norm,
             from = a.qkv.data(), to = a.rotated.data(), r = a.head_scale.data(),
             positions = p.positions, angles = p.angles](auto team, Index t) {
                for (Index h = 0; h < heads; ++h) {
                    const View<float> y{to + (t * heads + h) * d, d};
                    r[t * heads + h] = rms_norm(team, {from + t * stride + h * d, d},
                                                {h < queries ? q_norm : k_norm, d}, eps, y);
                    rope(team, angles.cosines(positions[t]), angles.sines(positions[t]), y);
                }
            });
    }

    /// dqkv: gradients of rotated q and k -> gradients of qkv, in place; adds to both norms'
    /// weights.
    void rotate_backward(const PackedLayout& p, const float* weights, LayerActivations<K>& a,
                         LayerScratch<K>& s, float* gradients) const {
        const Index queries = c_.num_attention_heads, heads = queries + c_.num_key_value_heads;
        const Index d = c_.head_dim, stride = c_.qkv_width(), tokens = p.tokens;
        const Index blocks = (tokens + norm_block - 1) / norm_block;
        s.partial.resize(blocks * 2 * d);
        backend_->for_rows(
            blocks,
            [=, q_norm = weights + at_.q_norm, k_norm = weights + at_.k_norm, from = a.qkv.data(),
             dqkv = s.dqkv.data(), r = a.head_scale.data(), partial = s.partial.data(),
             positions = p.positions, angles = p.angles](auto team, Index block) {
                const View<float> dw{partial + block * 2 * d, 2 * d};
                team.for_each(2 * d, [=](Index i) { dw[i] = 0.0f; });
                const Index end = math::min((block + 1) * norm_block, tokens);
                for (Index t = block * norm_block; t < end; ++t)
                    for (Index h = 0; h < heads; ++h) {
                        const View<float> dx{dqkv + t * stride + h * d, d};
                        rope_backward(team, angles.cosines(positions[t]),
                                      angles.sines(positions[t]), dx);
                        rms_norm_backward(team, dx, {from + t * stride + h * d, d},
                                          {h < queries ? q_norm : k_norm, d}, r[t * heads + h],
                                          false, dx, dw.slice(h < queries ? 0 : d, d));
                    }
            });
        add_partials(*backend_, s.partial.view(), 2 * d, 0, {gradients + at_.q_norm, d});
        add_partials(*backend_, s.partial.view(), 2 * d, d, {gradients + at_.k_norm, d});
    }

    void backward_mlp(Index tokens, const float* weights, LayerActivations<K>& a,
                      LayerScratch<K>& s, float* dx, float* gradients) const {
        const Index width = c_.hidden_size, inner = c_.intermediate_size;
        s.inner.resize(tokens * inner);
        backend_->gemm({tokens, inner, width}, dx, weights + at_.down, s.inner.data());
        backend_->for_rows(tokens,
                           [=, gate = a.gate_up.data(), out = s.inner.data()](auto team, Index t) {
                               const View<float> row{gate + t * 2 * inner, 2 * inner};
                               swiglu_backward(team, row.slice(0, inner), row.slice(inner, inner),
                                               View<float>{out + t * inner, inner});
                           });
        backend_->gemm({width, inner, tokens, true, false, 1.0f}, dx, s.inner.data(),
                       gradients + at_.down);
        backend_->gemm({tokens, width, 2 * inner}, a.gate_up.data(), weights + at_.gate_up,
                       s.dnormed.data());
        backend_->gemm({2 * inner, width, tokens, true, false, 1.0f}, a.gate_up.data(),
                       a.post_normed.data(), gradients + at_.gate_up);
        normalise_backward(tokens, a.x1.data(), weights + at_.post_norm, a.post_scale, s, dx,
                           gradients + at_.post_norm);
    }

    /// Ends with s.dnormed, the gradient of the input norm's output.
    void backward_attention(const PackedLayout& p, const float* weights, LayerActivations<K>& a,
                            LayerScratch<K>& s, float* dx, float* gradients) const {
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
