// SPDX-License-Identifier: Apache-2.0
//
// The part of an optimizer's state that one process of several keeps (ZeRO, arXiv 1910.02054): a
// range of the flat buffers, wherever it cuts the tensors.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/model/parameters.hpp>

#include <utility>
#include <vector>

namespace gppo {

/// What [first, first + count) holds of each tensor, its offset counted from `first`. A vector
/// stays one, a part of a matrix becomes a single row, so weight decay treats both as before.
inline std::vector<TensorInfo> shard_of(const std::vector<TensorInfo>& tensors, Index first,
                                        Index count) {
    std::vector<TensorInfo> parts;
    for (const TensorInfo& t : tensors) {
        const Index begin = math::max(t.offset, first);
        const Index end = math::min(t.offset + t.size(), first + count);
        if (begin >= end) continue;
        std::vector<Index> shape(t.shape.size(), 1);
        if (shape.empty()) shape = {1};
        shape.back() = end - begin;
        parts.push_back({t.name, std::move(shape), begin - first});
    }
    return parts;
}

}  // namespace gppo
