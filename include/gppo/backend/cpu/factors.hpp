// SPDX-License-Identifier: Apache-2.0
//
// How the left factor of a product is read, and how fp32 becomes pairs of bf16. A product is worked
// through in tiles of tile_height rows; a factor is rows as they lie, or a transpose laid out in
// such tiles, so that what a tile reads is contiguous.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace gppo {

/// Terms of a sum that one element of type E stands for.
template <class E>
inline constexpr Index terms = std::is_same_v<E, Bf16Pair> ? 2 : 1;

/// Rounds two rows at once: out[j] = (first[j], second[j]).
inline void pair_rows(const float* first, const float* second, Index count, Bf16Pair* out) {
    SerialTeam{}.for_each(count, [=](Index j) { out[j] = bf16_pair(first[j], second[j]); });
}

/// Rounds one row: out (ceil(count / 2)), with a zero behind an odd end.
inline void pair_row(const float* row, Index count, Bf16Pair* out) {
    constexpr Index part = 2 * lane;  // rounded side by side, then seen as pairs
    alignas(64) std::uint16_t rounded[part] = {};
    for (; count >= part; count -= part, row += part, out += part / 2) {
        for (Index i = 0; i < part; ++i) rounded[i] = float_to_bf16(row[i]);
        std::memcpy(out, rounded, sizeof rounded);
    }
    for (Index i = 0; i < count; ++i) rounded[i] = float_to_bf16(row[i]);
    rounded[count] = 0;
    std::memcpy(out, rounded, sizeof(Bf16Pair) * static_cast<std::size_t>((count + 1) / 2));
}

/// Half of two vectors, element by element in turn: the lower or the upper one.
template <class E>
[[gnu::always_inline]] inline void interleave(const E& a, const E& b, E& low, E& high) {
    if constexpr (lane == 16) {
        low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        high = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
                                       15, 31);
    } else {
        low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
}

/// out (lane, lane) = in^T; rows are `in_stride` and `out_stride` apart. Interleaving row i with
/// row i + lane / 2 moves one bit of the row's number into the column's, so log2(lane) rounds turn
/// it.
template <class E>
void turn_block(const E* in, Index in_stride, E* out, Index out_stride) {
    using Memory = typename TileLane<E>::Memory;
    typename TileLane<E>::Register x[lane], y[lane];
    for (Index i = 0; i < lane; ++i) x[i] = *reinterpret_cast<const Memory*>(in + i * in_stride);
    for (Index round = 1; round < lane; round *= 2) {
        for (Index i = 0; i < lane / 2; ++i)
            interleave(x[i], x[i + lane / 2], y[2 * i], y[2 * i + 1]);
        for (Index i = 0; i < lane; ++i) x[i] = y[i];
    }
    for (Index i = 0; i < lane; ++i) *reinterpret_cast<Memory*>(out + i * out_stride) = x[i];
}

/// x of y = x W^T. Row r begins at data + r / tile_height * tile + r % tile_height * row, and its
/// elements are `depth` apart: rows as they lie, or a transpose in tiles.
template <class E>
struct LeftFactor {
    const E* data = nullptr;
    Index tile = 0, row = 0, depth = 1;

    /// From row `first` on, a multiple of tile_height.
    LeftFactor from(Index first) const {
        return {data + first / tile_height * tile, tile, row, depth};
    }
};

template <class E>
LeftFactor<E> left_rows(Rows<const E> x) {
    return {x.data, tile_height * x.stride, x.stride, 1};
}

/// tile_height columns of x (k, columns) from `first` on, at depth p: one row of x, or a pair of
/// them. Zeros outside.
template <class E>
void turn_tile(Rows<const float> x, Index first, Index columns, Index p, Index k,
               E* out /* (tile_height) */) {
    static constexpr float zeros[tile_height] = {};
    const bool whole = columns - first >= tile_height;
    const Index count = whole ? tile_height : columns - first;
    if (!whole) std::fill_n(out, tile_height, E{});
    if constexpr (terms<E> == 1) {
        if (whole) return void(std::copy_n(x[p] + first, tile_height, out));
        std::copy_n(x[p] + first, count, out);
    } else {
        const float* const lower = 2 * p + 1 < k ? x[2 * p + 1] + first : zeros;
        if (whole) return pair_rows(x[2 * p] + first, lower, tile_height, out);
        pair_rows(x[2 * p] + first, lower, count, out);
    }
}

}  // namespace gppo
