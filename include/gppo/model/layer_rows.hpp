// SPDX-License-Identifier: Apache-2.0
//
// What the rows of a decoder layer do, for `for_rows` of any backend: pointers and numbers by
// value. Letters as in model/parameters.hpp.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/kernel/rms_norm.hpp>
#include <gppo/kernel/sum.hpp>
#include <gppo/kernel/swiglu.hpp>
#include <gppo/model/rope_table.hpp>

#include <cstdint>

namespace gppo {

/// Rows that share one partial sum of a norm's weight gradient: fixed, so threads do not matter.
inline constexpr Index norm_block = 64;

/// Blocks of `norm_block` rows.
constexpr Index norm_blocks(Index rows) {
    return (rows + norm_block - 1) / norm_block;
}

/// A chunk of `out` += the rows of `partial` (blocks, width), columns [first, first + out.size).
struct AddPartials {
    static constexpr Index chunk = 64;
    View<const float> partial;
    Index width, first;
    View<float> out;

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index begin = n * chunk, count = math::min(chunk, out.size - begin);
        add_rows(team, partial, width, first + begin, out.slice(begin, count));
    }
};

/// y = rms_norm(x), and a copy of x to `residual`.
struct NormaliseRow {
    Index width;
    float eps;
    const float *x, *weight;  // (T, D), (D)
    float *y, *scale;         // (T, D), (T)
    float* residual;          // (T, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<const float> row{x + t * width, width};
        const float r = rms_norm(team, row, View<const float>{weight, width}, eps,
                                 View<float>{y + t * width, width});
        float *const copy = residual + t * width, *const kept = scale + t;
        team.for_each(width, [=](Index i) { copy[i] = row[i]; });
        team.for_each(1, [=](Index) { *kept = r; });
    }
};

/// Adds the gradient that came through a norm to dx, and a block's share to `partial`.
struct NormaliseBackwardBlock {
    Index tokens, width;
    const float *dy, *x, *weight, *scale;  // (T, D), (T, D), (D), (T)
    float *dx, *partial;                   // (T, D), (blocks, D)

    template <class Team>
    GPPO_HD void operator()(Team team, Index block) const {
        const Index d = width;
        const View<float> dw{partial + block * d, d};
        team.for_each(d, [=](Index i) { dw[i] = 0.0f; });
        const Index end = math::min((block + 1) * norm_block, tokens);
        for (Index t = block * norm_block; t < end; ++t)
            rms_norm_backward(team, {dy + t * d, d}, {x + t * d, d}, {weight, d}, scale[t], true,
                              View<float>{dx + t * d, d}, dw);
    }
};

/// Where the heads of q and k lie, and what turns them.
struct RotatedHeads {
    Index queries, heads, head_dim;  // H, H + K, d
    Index stride;                    // of a token in qkv
    const float *q_norm, *k_norm;    // (d)
    const float* qkv;                // (T, stride)        before norm and rope
    View<const std::int32_t> positions;
    RopeAngles angles;

    GPPO_HD View<const float> norm(Index h) const {
        return {h < queries ? q_norm : k_norm, head_dim};
    }
    GPPO_HD View<const float> head(Index t, Index h) const {
        return {qkv + t * stride + h * head_dim, head_dim};
    }
};

/// rotated = rope(norm(q and k of qkv)).
struct RotateRow {
    RotatedHeads in;
    float eps;
    float *rotated, *scale;  // (T, (H + K) d), (T, H + K)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const Index d = in.head_dim;
        const auto cosines = in.angles.cosines(in.positions[t]);
        const auto sines = in.angles.sines(in.positions[t]);
        for (Index h = 0; h < in.heads; ++h) {
            const View<float> y{rotated + (t * in.heads + h) * d, d};
            float* const kept = scale + t * in.heads + h;
            const float r = rms_norm(team, in.head(t, h), in.norm(h), eps, y);
            rope(team, cosines, sines, y);
            team.for_each(1, [=](Index) { *kept = r; });
        }
    }
};

/// dqkv: gradients of rotated q and k -> gradients of qkv, in place; a block's share of both norms'
/// weights goes to `partial`.
struct RotateBackwardBlock {
    RotatedHeads in;
    Index tokens;
    const float* scale;     // (T, H + K)
    float *dqkv, *partial;  // (T, stride), (blocks, 2 d)

    template <class Team>
    GPPO_HD void operator()(Team team, Index block) const {
        const Index d = in.head_dim;
        const View<float> dw{partial + block * 2 * d, 2 * d};
        team.for_each(2 * d, [=](Index i) { dw[i] = 0.0f; });
        const Index end = math::min((block + 1) * norm_block, tokens);
        for (Index t = block * norm_block; t < end; ++t)
            for (Index h = 0; h < in.heads; ++h) {
                const View<float> dx{dqkv + t * in.stride + h * d, d};
                rope_backward(team, in.angles.cosines(in.positions[t]),
                              in.angles.sines(in.positions[t]), dx);
                rms_norm_backward(team, dx, in.head(t, h), in.norm(h), scale[t * in.heads + h],
                                  false, dx, dw.slice(h < in.queries ? 0 : d, d));
            }
    }
};

/// inner = silu(gate) up.
struct SwigluRow {
    Index width;     // F
    float* gate_up;  // (T, 2 F)
    float* inner;    // (T, F)

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<const float> row{gate_up + t * 2 * width, 2 * width};
        swiglu(team, row.slice(0, width), row.slice(width, width),
               View<float>{inner + t * width, width});
    }
};

/// gate_up becomes its gradient, and inner, its gradient, the output of SwiGLU again.
struct SwigluBackwardRow {
    Index width;
    float *gate_up, *inner;

    template <class Team>
    GPPO_HD void operator()(Team team, Index t) const {
        const View<float> row{gate_up + t * 2 * width, 2 * width};
        swiglu_backward(team, row.slice(0, width), row.slice(width, width),
                        View<float>{inner + t * width, width});
    }
};

}  // namespace gppo
