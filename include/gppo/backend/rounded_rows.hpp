// SPDX-License-Identifier: Apache-2.0
//
// Rows rounded to bf16 and widened again, for `for_rows` of any backend: factors of products,
// activations that are put away, and what attention reads.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/read_only.hpp>

#include <cstdint>

namespace gppo {

/// A row in bf16: rounded, or copied.
struct RoundRow {
    Factor from;  // (rows, stride)
    Index stride, width;
    std::uint16_t* to;  // (rows, to_stride)
    Index to_stride;

    template <class Team>
    GPPO_HD void operator()(Team team, Index row) const {
        const Factor x = from + row * stride;
        std::uint16_t* const y = to + row * to_stride;
        if (x.is_bf16())
            team.for_each(width, [=](Index i) { y[i] = read_only(x.halves() + i); });
        else
            team.for_each(width, [=](Index i) { y[i] = float_to_bf16(read_only(x.floats() + i)); });
    }
};

/// A row of bf16 in fp32.
struct WidenRow {
    const std::uint16_t* from;  // (rows, stride)
    Index stride, width;
    Rows<float> to;  // (rows, width)

    template <class Team>
    GPPO_HD void operator()(Team team, Index row) const {
        const std::uint16_t* const x = from + row * stride;
        float* const y = to[row];
        team.for_each(width, [=](Index i) { y[i] = bf16_to_float(read_only(x + i)); });
    }
};

/// Numbers that bf16 has, as floats: what attention reads in that precision on every GPU, so that
/// training sees the keys and values that sampling keeps.
struct RoundedRow {
    Rows<const float> from;  // (rows, width)
    Index width;
    float* to;  // (rows, width)

    template <class Team>
    GPPO_HD void operator()(Team team, Index row) const {
        const float* const x = from[row];
        float* const y = to + row * width;
        team.for_each(width,
                      [=](Index i) { y[i] = as_float(kept_as<std::uint16_t>(read_only(x + i))); });
    }
};

/// What attention in bf16 reads: q, k and v rounded into `kept`, on `backend`.
template <class K>
AttentionInput rounded_input(const K& backend, const AttentionInput& in, Index tokens,
                             float* kept /* (tokens, (heads + 2 kv_heads) head_dim) */) {
    const Index wide = in.shape.heads * in.shape.head_dim;
    const Index narrow = in.shape.kv_heads * in.shape.head_dim;
    float *const q = kept, *const k = q + tokens * wide, *const v = k + tokens * narrow;
    backend.for_rows(tokens, RoundedRow{in.q, wide, q});
    backend.for_rows(tokens, RoundedRow{in.k, narrow, k});
    backend.for_rows(tokens, RoundedRow{in.v, narrow, v});
    return {in.shape, in.offsets, {q, wide}, {k, narrow}, {v, narrow}, in.longest};
}

}  // namespace gppo
