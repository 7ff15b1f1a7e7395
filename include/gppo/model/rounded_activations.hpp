// SPDX-License-Identifier: Apache-2.0
//
// What a layer leaves for its backward pass in half the memory: rounded to bf16, and without the
// outputs of its norms, which are made again. The layers share one LayerActivations in fp32, that
// forward fills, that is put away here, and that is made again from here before backward. Forward
// itself reads nothing rounded. Factors of products in bf16 and what attention in bf16 reads lose
// nothing by it, what backward of norms and SwiGLU reads is rounded (Micikevicius et al. 2018,
// arXiv 1710.03740, keep all activations so).
#pragma once

#include <gppo/backend/rounded_rows.hpp>
#include <gppo/model/activations.hpp>
#include <gppo/model/decoder_layer.hpp>

#include <array>
#include <cstdint>
#include <utility>

namespace gppo {

/// x, and y = rms_norm(x).
struct WidenNormRow {
    Index width;
    float eps;
    const std::uint16_t* from;  // (T, D)
    const float* weight;        // (D)
    float *x, *y, *scale;       // (T, D), (T, D), (T)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const std::uint16_t* const bits = from + t * width;
        float *const row = x + t * width, *const kept = scale + t;
        team.for_each(width, [=](Index i) { row[i] = bf16_to_float(bits[i]); });
        const float r =
            rms_norm(team, View<const float>{row, width}, View<const float>{weight, width}, eps,
                     View<float>{y + t * width, width});
        team.for_each(1, [=](Index) { *kept = r; });
    }
};

template <Backend K>
class RoundedActivations {
  public:
    explicit RoundedActivations(const K& backend) : backend_(&backend) {}

    /// Puts away what forward of x (T, D) left in `a`.
    void keep(const Qwen3Config& c, View<const float> x, LayerActivations<K>& a) {
        const Index tokens = x.size / c.hidden_size;
        bits_.resize(tokens * rounded_width(c));
        std::uint16_t* to = round(tokens, x, bits_.data());
        to = round(tokens, std::as_const(a.x1).view(), to);
        for (FloatBuffer<K>* part : parts(a)) to = round(tokens, std::as_const(*part).view(), to);
        std::swap(a.head_scale, head_scale_), std::swap(a.log_sum_exp, log_sum_exp_);
    }

    /// Makes x and `a` again, for backward of the layer whose weights are at `at`.
    void restore(const Qwen3Config& c, const Qwen3Layer& at, const ReadWeights<K>& weights,
                 View<float> x, LayerActivations<K>& a) {
        const std::uint16_t* from = bits_.data();
        from = normalise(c, from, weights.norm(at.input_norm), x, a.normed, a.scale);
        from = normalise(c, from, weights.norm(at.post_norm), a.x1.view(), a.post_normed,
                         a.post_scale);
        for (FloatBuffer<K>* part : parts(a))
            from = widen(x.size / c.hidden_size, from, part->view());
        std::swap(a.head_scale, head_scale_), std::swap(a.log_sum_exp, log_sum_exp_);
    }

  private:
    static std::array<FloatBuffer<K>*, 4> parts(LayerActivations<K>& a) {
        return {&a.qkv, &a.rotated, &a.attention, &a.gate_up};
    }
    std::uint16_t* round(Index tokens, View<const float> x, std::uint16_t* to) const {
        const Index width = x.size / tokens;
        backend_->for_rows(tokens, RoundRow{x.data, width, width, to, width});
        return to + x.size;
    }
    const std::uint16_t* widen(Index tokens, const std::uint16_t* from, View<float> x) const {
        const Index width = x.size / tokens;
        backend_->for_rows(tokens, WidenRow{from, width, width, {x.data, width}});
        return from + x.size;
    }
    const std::uint16_t* normalise(const Qwen3Config& c, const std::uint16_t* from,
                                   const float* weight, View<float> x, FloatBuffer<K>& y,
                                   FloatBuffer<K>& scale) const {
        backend_->for_rows(x.size / c.hidden_size,
                           WidenNormRow{c.hidden_size, c.rms_norm_eps, from, weight, x.data,
                                        y.data(), scale.data()});
        return from + x.size;
    }

    const K* backend_;
    decltype(std::declval<const K&>().template allocate<std::uint16_t>(0)) bits_;
    FloatBuffer<K> head_scale_, log_sum_exp_;
};

}  // namespace gppo
