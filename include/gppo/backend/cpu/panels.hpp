// SPDX-License-Identifier: Apache-2.0
//
// y = x W^T for weights that many small batches read: W is rearranged once into panels of output
// columns, so a product starts at once where a general one would first pack W, which for the few rows
// of a decode step costs as much as the product. Every output element sums over k in the same order
// whatever else is in the batch: rows do not depend on their neighbours, bit for bit.
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

/// The columns of y that one panel makes. With `add`, y += x W^T.
inline void panel_product(const Panels& w, Index panel, Index rows, const float* x /* (rows, k) */,
                          bool add, float* y /* (rows, n) */) {
    const Index begin = panel * panel_width, n = w.columns();
    const Index width = std::min(panel_width, n - begin), k = w.depth();
    if (width == panel_width) {
        tile_product({rows, panel_width, k, k, 1, panel_width, n, add}, x, w.panel(panel),
                     y + begin);
        return;
    }
    for (Index first = 0; first < rows; first += tile_height) {
        alignas(64) float tile[tile_height * panel_width] = {};
        const Index count = std::min<Index>(tile_height, rows - first);
        float* const out = y + first * n + begin;
        for (Index r = 0; add && r < count; ++r)
            std::copy_n(out + r * n, width, tile + r * panel_width);
        tile_product({count, panel_width, k, k, 1, panel_width, panel_width, add}, x + first * k,
                     w.panel(panel), tile);
        for (Index r = 0; r < count; ++r) std::copy_n(tile + r * panel_width, width, out + r * n);
    }
}

}  // namespace gppo
