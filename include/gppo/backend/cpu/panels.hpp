// SPDX-License-Identifier: Apache-2.0
//
// y = x W^T with W rearranged into panels of output columns: once a rollout for decoding, where
// arranging costs as much as a product of few rows, and once a product in training. Every output
// element sums over k in the same order whatever else is in the batch: rows do not depend on their
// neighbours, and the trainer's forward pass has the rollout's bits. In bf16 both factors are
// rounded once, to nearest even, and laid out in pairs along k.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/cpu/factors.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/view.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <type_traits>

namespace gppo {

inline constexpr Index panel_width = 2 * lane;  ///< output columns in one panel
inline constexpr Index panel_chunk = 256;       ///< terms of one uninterrupted sum

/// Weights (n, k) as (panels, k, panel_width), or (panels, ceil(k / 2), panel_width) pairs.
class Panels {
  public:
    Index columns() const { return columns_; }  ///< n
    Precision precision() const { return precision_; }
    Index count() const { return (columns_ + panel_width - 1) / panel_width; }

    /// Elements along the depth: k, or pairs.
    template <class E>
    Index depth() const {
        return (depth_ + terms<E> - 1) / terms<E>;
    }
    template <class E>
    const E* panel(Index p) const {
        return memory<E>().data() + p * depth<E>() * panel_width;
    }

    /// Makes room for `n` columns of depth `k`.
    void shape(Index n, Index k, Precision precision = Precision::fp32) {
        columns_ = n, depth_ = k, precision_ = precision;
        if (precision == Precision::fp32)
            floats_.resize(count() * k * panel_width);
        else
            pairs_.resize(count() * depth<Bf16Pair>() * panel_width);
    }

    /// Fills one panel, with zeros past the last column. Element (column, p) of the weights is at
    /// [column column_step + p depth_step], one of which is 1; (n, k) contiguous by default.
    void fill(Index panel, Factor weights, Index column_step = 0, Index depth_step = 1) {
        if (column_step == 0) column_step = depth_;
        const Index begin = panel * panel_width, width = std::min(panel_width, columns_ - begin);
        const Factor from = weights + begin * column_step;
        if (!from.is_bf16())
            return fill_part(panel, 0, depth_, from.floats(), width, column_step, depth_step);
        constexpr Index part = 128;  // widened at a time
        alignas(64) float wide[part * panel_width];
        for (Index first = 0; first < depth_; first += part) {
            const Index count = std::min(part, depth_ - first);
            const std::uint16_t* const read = from.halves() + first * depth_step;
            if (depth_step == 1) {
                for (Index j = 0; j < width; ++j)
                    widen(read + j * column_step, count, wide + j * part);
                fill_part(panel, first, count, wide, width, part, 1);
            } else {
                for (Index p = 0; p < count; ++p)
                    widen(read + p * depth_step, width, wide + p * panel_width);
                fill_part(panel, first, count, wide, width, 1, panel_width);
            }
        }
    }

  private:
    template <class E>
    const auto& memory() const {
        if constexpr (std::is_same_v<E, float>)
            return floats_;
        else
            return pairs_;
    }

    /// Short pieces of many rows are read: further than the processor looks ahead by itself.
    static void prefetch_lanes(const float* row, Index lanes) {
        for (Index i = 0; i < lanes; ++i) __builtin_prefetch(row + (4 * lanes + i) * lane, 0, 3);
    }

    static void widen(const std::uint16_t* from, Index count, float* to) {
        SerialTeam{}.for_each(count, [=](Index i) { to[i] = bf16_to_float(from[i]); });
    }

    /// Depths [first, first + count) of a panel; `first` is even, and so is `count` but at the end.
    void fill_part(Index panel, Index first, Index count, const float* from, Index width,
                   Index column_step, Index depth_step) {
        if (precision_ == Precision::fp32)
            fill_floats(floats_.data() + (panel * depth_ + first) * panel_width, from, count, width,
                        column_step, depth_step);
        else
            fill_pairs(pairs_.data() + (panel * depth<Bf16Pair>() + first / 2) * panel_width, from,
                       count, width, column_step, depth_step);
    }

    void fill_floats(float* out, const float* from, Index depth, Index width, Index column_step,
                     Index depth_step) const {
        Index p = 0;
        if (depth_step == 1 && width == panel_width)
            for (; p + lane <= depth; p += lane)
                for (Index j = 0; j < panel_width; j += lane) {
                    for (Index i = 0; i < lane; ++i)
                        prefetch_lanes(from + (j + i) * column_step + p, 1);
                    turn_block(from + j * column_step + p, column_step, out + p * panel_width + j,
                               panel_width);
                }
        for (; p < depth; ++p) {
            for (Index j = 0; j < width; ++j)
                out[p * panel_width + j] = from[j * column_step + p * depth_step];
            std::fill_n(out + p * panel_width + width, panel_width - width, 0.0f);
        }
    }

    /// Pairs are made along whichever of the two lies contiguously.
    void fill_pairs(Bf16Pair* out, const float* from, Index depth, Index width, Index column_step,
                    Index depth_step) const {
        const Index pairs = (depth + 1) / 2;
        if (column_step == 1) {
            static constexpr float zeros[panel_width] = {};
            for (Index p = 0; p < pairs; ++p, out += panel_width) {
                const float* const row = from + 2 * p * depth_step;
                pair_rows(row, 2 * p + 1 < depth ? row + depth_step : zeros, width, out);
                std::fill_n(out + width, panel_width - width, Bf16Pair{});
            }
            return;
        }
        for (Index first = 0; first < pairs; first += lane) {  // lane pairs of each row, turned
            const Index count = std::min(lane, pairs - first);
            alignas(64) Bf16Pair rows[panel_width * lane] = {};
            for (Index j = 0; j < width; ++j) {
                const float* const row = from + j * column_step + 2 * first;
                prefetch_lanes(row, 2);
                pair_row(row, std::min(2 * count, depth - 2 * first), rows + j * lane);
            }
            alignas(64) Bf16Pair turned[lane * panel_width];
            for (Index j = 0; j < panel_width; j += lane)
                turn_block(rows + j * lane, lane, turned + j, panel_width);
            std::copy_n(turned, count * panel_width, out + first * panel_width);
        }
    }

    Buffer<float> floats_;
    Buffer<Bf16Pair> pairs_;
    Index columns_ = 0, depth_ = 0;
    Precision precision_ = Precision::fp32;
};

/// The columns of y (rows, n) that one panel makes. With `add`, y += x W^T. Sums over k run in
/// chunks that are added up afterwards: rounding grows with the chunk and the number of chunks, not
/// with k, and a large y does not swallow small terms one by one. Pairs run on from one chunk to
/// the next: the factors' own rounding is far larger.
template <class E>
void panel_product(const Panels& w, Index panel, Index rows, LeftFactor<E> x /* (rows, k) */,
                   bool add, Rows<float> y /* (rows, n) */) {
    const Index begin = panel * panel_width, k = w.depth<E>();
    const Index width = std::min(panel_width, w.columns() - begin);
    const bool whole = width == panel_width;
    constexpr bool continued = terms<E> == 2;
    constexpr Index chunk = continued ? 4 * panel_chunk / terms<E> : panel_chunk;
    alignas(64) float tile[tile_height * panel_width];
    for (Index p = 0; p < k || p == 0; p += chunk) {
        const bool fresh = p == 0 && !add, direct = whole && (fresh || continued);
        const E* const weights = w.panel<E>(panel) + p * panel_width;
        for (Index first = 0; first < rows; first += tile_height) {
            const Index count = std::min<Index>(tile_height, rows - first);
            tile_product({count, panel_width, std::min(chunk, k - p), x.row, x.depth, panel_width,
                          direct ? y.stride : panel_width, direct && !fresh},
                         x.from(first).data + p * x.depth, weights,
                         direct ? y[first] + begin : tile);
            for (Index r = 0; !direct && r < count; ++r) {
                const float* const from = tile + r * panel_width;
                float* const to = y[first + r] + begin;
                if (fresh)
                    std::copy_n(from, width, to);
                else
                    SerialTeam{}.for_each(width, [=](Index j) { to[j] += from[j]; });
            }
        }
    }
}

}  // namespace gppo
