// SPDX-License-Identifier: Apache-2.0
//
// y = x W^T for weights that many small batches read: W is rearranged once into panels of output
// columns, so a product starts at once where a general one would first pack W, which for the few
// rows of a decode step costs as much as the product. Every output element sums over k in the same
// order whatever else is in the batch: rows do not depend on their neighbours, bit for bit.
#pragma once

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/cpu/tile.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>

namespace gppo {

inline constexpr Index panel_width = 2 * lane;  ///< output columns in one panel

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

    /// Fills one panel from weights (n, k), with zeros past the last column.
    void fill(Index panel, const float* weights) {
        const Index begin = panel * panel_width, width = std::min(panel_width, columns_ - begin);
        float* const out = memory_.data() + panel * depth_ * panel_width;
        for (Index p = 0; p < depth_; ++p) {
            for (Index j = 0; j < width; ++j)
                out[p * panel_width + j] = weights[(begin + j) * depth_ + p];
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

/// The columns of y that one panel makes. With `add`, y += x W^T.
inline void panel_product(const Panels& w, Index panel, Index rows, const float* x /* (rows, k) */,
                          bool add, float* y /* (rows, n) */) {
    const Index begin = panel * panel_width, n = w.columns(), k = w.depth();
    const Index width = std::min(panel_width, n - begin);
    const Index blocks = (rows + tile_height - 1) / tile_height;
    for (Index block = 0; block < blocks; ++block) {
        const Index first = block * tile_height, count = std::min<Index>(tile_height, rows - first);
        float* const out = y + first * n + begin;
        prefetch_panel(w, panel + 1, block, blocks);
        if (width == panel_width) {
            tile_product({count, panel_width, k, k, 1, panel_width, n, add}, x + first * k,
                         w.panel(panel), out);
            continue;
        }
        alignas(64) float tile[tile_height * panel_width] = {};
        for (Index r = 0; add && r < count; ++r)
            std::copy_n(out + r * n, width, tile + r * panel_width);
        tile_product({count, panel_width, k, k, 1, panel_width, panel_width, add}, x + first * k,
                     w.panel(panel), tile);
        for (Index r = 0; r < count; ++r) std::copy_n(tile + r * panel_width, width, out + r * n);
    }
}

}  // namespace gppo
