// SPDX-License-Identifier: Apache-2.0
//
// Matrix products in one register tile of rows x lanes, written with the compilers' vector types:
// attention heads, where a general product spends its time packing, and panels of weights. Factors
// are floats, or pairs of bf16 along the depth; sums are fp32.
#pragma once

#include <gppo/core/bf16.hpp>
#include <gppo/core/view.hpp>

#include <bit>

#if defined(__AVX512BF16__) && !defined(__clang__)
#include <immintrin.h>
#endif

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
/// a_column], so a transpose is a swap of strides. n, ldb and ldc are multiples of `lane`. Where
/// the elements are Bf16Pair, k and the strides count pairs.
struct TileProduct {
    Index m = 0, n = 0, k = 0;
    Index a_row = 0, a_column = 1, ldb = 0, ldc = 0;
    bool add = false;
};

using FloatLane [[gnu::vector_size(lane * sizeof(float))]] = float;
using PairLane [[gnu::vector_size(lane * sizeof(float))]] = std::uint32_t;

/// `lane` elements anywhere in memory, and in a register.
template <class E>
struct TileLane;
template <>
struct TileLane<float> {
    using Memory
        [[gnu::vector_size(lane * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] =
            float;
    using Register = FloatLane;
};
template <>
struct TileLane<Bf16Pair> {
    using Memory
        [[gnu::vector_size(lane * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] =
            std::uint32_t;
    using Register = PairLane;
};

/// total += one element of A times `lane` elements of B.
[[gnu::always_inline]] inline void multiply_add(FloatLane& total, float left,
                                                const FloatLane& right) {
    total += left * right;
}

/// Of pairs, both halves.
[[gnu::always_inline]] inline void multiply_add(FloatLane& total, Bf16Pair pair,
                                                const PairLane& right) {
    const auto left = static_cast<std::uint32_t>(pair);
#ifdef __AVX512BF16__
    const PairLane all = left - PairLane{};
#ifdef __clang__  // Clang 16 crashes on the intrinsic
    asm("vdpbf16ps %2, %1, %0" : "+v"(total) : "v"(all), "v"(right));
#else
    total = (FloatLane)_mm512_dpbf16_ps((__m512)total, (__m512bh)all, (__m512bh)right);
#endif
#else
    total += std::bit_cast<float>(left & 0xFFFF0000u) * (FloatLane)(right & 0xFFFF0000u);
    total += std::bit_cast<float>(left << 16) * (FloatLane)(right << 16);
#endif
}

template <int height, int width, class E>
void tile_block(const TileProduct& t, const E* a, const E* b, float* c) {
    using FloatMemory = typename TileLane<float>::Memory;
    using Memory = typename TileLane<E>::Memory;
    FloatLane total[height][width];
    for (int r = 0; r < height; ++r)
        for (int v = 0; v < width; ++v)
            total[r][v] = t.add ? *reinterpret_cast<const FloatMemory*>(c + r * t.ldc + v * lane)
                                : FloatLane{};
    for (Index p = 0; p < t.k; ++p) {
        typename TileLane<E>::Register right[width];
        for (int v = 0; v < width; ++v)
            right[v] = *reinterpret_cast<const Memory*>(b + p * t.ldb + v * lane);
        for (int r = 0; r < height; ++r)
            for (int v = 0; v < width; ++v)
                multiply_add(total[r][v], a[r * t.a_row + p * t.a_column], right[v]);
    }
    for (int r = 0; r < height; ++r)
        for (int v = 0; v < width; ++v)
            *reinterpret_cast<FloatMemory*>(c + r * t.ldc + v * lane) = total[r][v];
}

/// Rows [first, m) in tiles of height, then of height / 2, …
template <int height, class E>
void tile_rows(const TileProduct& t, Index first, const E* a, const E* b, float* c) {
    for (; first + height <= t.m; first += height) {
        const E* rows = a + first * t.a_row;
        float* out = c + first * t.ldc;
        Index j = 0;
        for (; j + 2 * lane <= t.n; j += 2 * lane) tile_block<height, 2>(t, rows, b + j, out + j);
        for (; j < t.n; j += lane) tile_block<height, 1>(t, rows, b + j, out + j);
    }
    if constexpr (height > 1) tile_rows<height / 2>(t, first, a, b, c);
}

template <class E>
void tile_product(const TileProduct& t, const E* a, const E* b, float* c) {
    tile_rows<tile_height>(t, 0, a, b, c);
}

}  // namespace gppo
