// SPDX-License-Identifier: Apache-2.0
//
// y = x W^T with W rearranged into panels of output columns: once a rollout for decoding, where
// arranging costs as much as a product of few rows, and once a product in training. Every output
// element sums over k in the same order whatever else is in the batch: rows do not depend on their
// neighbours, and the trainer's forward pass has the rollout's bits.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/view.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>

namespace gppo {

inline constexpr Index panel_width = 2 * lane;  ///< output columns in one panel
inline constexpr Index panel_chunk = 256;       ///< terms of one uninterrupted sum

/// Weights (n, k) as (panels, k, panel_width).
class Panels {
  public:
    Index columns() const { return columns_; }  ///< n
    Index depth() const { return depth_; }      ///< k
    Index count() const { return (columns_ + panel_width - 1) / panel_width; }
    const float* panel(Index p) const { return memory_.data() + p * depth_ * panel_width; }

    /// Makes room for `n` columns of depth `k`.
    void shape(Index n, Index k) {
        columns_ = n, depth_ = k;
        memory_.resize(count() * k * panel_width);
    }

    /// Fills one panel, with zeros past the last column. Element (column, p) of the weights is at
    /// [column column_step + p depth_step]; (n, k) contiguous by default.
    void fill(Index panel, const float* weights, Index column_step = 0, Index depth_step = 1) {
        const Index begin = panel * panel_width, width = std::min(panel_width, columns_ - begin);
        if (column_step == 0) column_step = depth_;
        float* const out = memory_.data() + panel * depth_ * panel_width;
        for (Index p = 0; p < depth_; ++p) {
            const float* const from = weights + begin * column_step + p * depth_step;
            for (Index j = 0; j < width; ++j) out[p * panel_width + j] = from[j * column_step];
            std::fill_n(out + p * panel_width + width, panel_width - width, 0.0f);
        }
    }

  private:
    Buffer<float> memory_;
    Index columns_ = 0, depth_ = 0;
};

/// Fetches part `part` of `parts` of a panel towards the cache: the next one, while this one works.
inline void prefetch_panel(const Panels& w, Index panel, Index part, Index parts) {
    if (panel >= w.count()) return;
    constexpr Index line = 16;  // floats
    const Index lines = w.depth() * panel_width / line, end = (part + 1) * lines / parts;
    for (Index i = part * lines / parts; i < end; ++i)
        __builtin_prefetch(w.panel(panel) + i * line, 0, 2);
}

/// The columns of y (rows, n) that one panel makes. With `add`, y += x W^T. Sums over k run in
/// chunks that are added up afterwards: rounding grows with the chunk and the number of chunks, not
/// with k, and a large y does not swallow small terms one by one.
inline void panel_product(const Panels& w, Index panel, Index rows,
                          Rows<const float> x /* (rows, k) */, bool add,
                          Rows<float> y /* (rows, n) */) {
    const Index begin = panel * panel_width, k = w.depth();
    const Index width = std::min(panel_width, w.columns() - begin);
    const Index blocks = (rows + tile_height - 1) / tile_height;
    alignas(64) float tile[tile_height * panel_width];
    for (Index block = 0; block < blocks; ++block) {
        const Index first = block * tile_height, count = std::min<Index>(tile_height, rows - first);
        prefetch_panel(w, panel + 1, block, blocks);
        for (Index p = 0; p < k || p == 0; p += panel_chunk) {
            const bool fresh = p == 0 && !add, direct = fresh && width == panel_width;
            tile_product({count, panel_width, std::min(panel_chunk, k - p), x.stride, 1,
                          panel_width, direct ? y.stride : panel_width},
                         x[first] + p, w.panel(panel) + p * panel_width,
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
