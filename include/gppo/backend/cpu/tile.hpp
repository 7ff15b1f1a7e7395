// SPDX-License-Identifier: Apache-2.0
//
// Small matrix products for attention heads, where a general product spends its time packing: one
// register tile of rows x lanes, written with the compilers' vector types.
#pragma once

#include <gppo/core/view.hpp>

namespace gppo {

#ifdef __AVX512F__
inline constexpr Index lane = 16;      ///< floats in one vector
inline constexpr int tile_height = 8;  ///< rows in one register tile
#else
inline constexpr Index lane = 8;
inline constexpr int tile_height = 4;
#endif

/// n rounded up to whole vectors.
constexpr Index padded(Index n) {
    return (n + lane - 1) / lane * lane;
}

/// C (m, n) = A (m, k) B (k, n), or += with `add`. Element (i, p) of A is at a[i a_row + p
/// a_column], so a transpose is a swap of strides. n, ldb and ldc are multiples of `lane`.
struct TileProduct {
    Index m = 0, n = 0, k = 0;
    Index a_row = 0, a_column = 1, ldb = 0, ldc = 0;
    bool add = false;
};

template <int R, int V>
void tile_block(const TileProduct& t, const float* a, const float* b, float* c) {
    using Lane
        [[gnu::vector_size(lane * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] =
            float;
    Lane total[R][V];
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v)
            total[r][v] = t.add ? *reinterpret_cast<const Lane*>(c + r * t.ldc + v * lane) : Lane{};
    for (Index p = 0; p < t.k; ++p) {
        Lane right[V];
        for (int v = 0; v < V; ++v)
            right[v] = *reinterpret_cast<const Lane*>(b + p * t.ldb + v * lane);
        for (int r = 0; r < R; ++r) {
            const float left = a[r * t.a_row + p * t.a_column];
            for (int v = 0; v < V; ++v) total[r][v] += left * right[v];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int v = 0; v < V; ++v)
            *reinterpret_cast<Lane*>(c + r * t.ldc + v * lane) = total[r][v];
}

/// Rows [first, m) in tiles of R, then of R / 2, …
template <int R>
void tile_rows(const TileProduct& t, Index first, const float* a, const float* b, float* c) {
    for (; first + R <= t.m; first += R) {
        const float* rows = a + first * t.a_row;
        float* out = c + first * t.ldc;
        Index j = 0;
        for (; j + 2 * lane <= t.n; j += 2 * lane) tile_block<R, 2>(t, rows, b + j, out + j);
        for (; j < t.n; j += lane) tile_block<R, 1>(t, rows, b + j, out + j);
    }
    if constexpr (R > 1) tile_rows<R / 2>(t, first, a, b, c);
}

inline void tile_product(const TileProduct& t, const float* a, const float* b, float* c) {
    tile_rows<tile_height>(t, 0, a, b, c);
}

}  // namespace gppo
