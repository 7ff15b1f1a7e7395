// SPDX-License-Identifier: Apache-2.0
//
// A tensor of a file to its place among the weights, on all cores; where those are kept in bf16,
// rounded to nearest. One that is NaN or infinite somewhere is refused by name and position.
#pragma once

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/stored_view.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/in_threads.hpp>
#include <gppo/core/math.hpp>
#include <gppo/model/parameters.hpp>
#include <gppo/model/stored_tensor.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace gppo {

/// Throws unless every value is finite; names the tensor and the position of the first that is not.
inline void expect_finite(const TensorInfo& tensor, StoredView<const float> values,
                          const std::string& where) {
    for (Index i = 0; i < values.size; ++i) {
        const float value = values.factor()[i];
        if (math::finite(value)) continue;
        std::vector<Index> position(tensor.shape.size());
        Index rest = i;
        for (std::size_t axis = tensor.shape.size(); axis-- > 0; rest /= tensor.shape[axis])
            position[axis] = rest % tensor.shape[axis];
        throw Error(where + ": tensor '" + tensor.name + "' is " +
                    (value != value ? "NaN" : "infinite") + " at " + shape_text(position));
    }
}

/// Reads elements from `first` on; returns whether they are finite as they are kept.
inline bool read_piece(const StoredTensor& stored, Index first, StoredView<float> to /* (n) */) {
    if (to.kept == Precision::fp32) {
        read_as_float(stored, first, to.floats());
        return all_finite(to.floats());
    }
    Buffer<float> wide(to.size);
    read_as_float(stored, first, wide.view());
    const View<std::uint16_t> halves = to.halves();
    std::uint32_t found = 0;  // without branches, as all_finite()
    for (Index i = 0; i < to.size; ++i) {
        halves[i] = float_to_bf16(wide[i]);
        found |= (halves[i] & 0x7F80u) == 0x7F80u ? 1u : 0u;
    }
    return found == 0;
}

/// Copies a stored tensor of the right shape to its place in a flat buffer.
inline void read_tensor(const StoredTensor& stored, const TensorInfo& tensor,
                        StoredView<float> values /* (count) */, const std::string& where) {
    const StoredView<float> place = values.slice(tensor.offset, tensor.size());
    try {
        expects_readable(stored, place.size);
    } catch (const Error& error) {
        throw Error(where + ": " + error.what());
    }
    constexpr Index piece = Index{1} << 20;  // on all cores: one does not reach memory's speed
    std::atomic<bool> finite{true};
    in_threads(static_cast<std::size_t>((place.size + piece - 1) / piece),
               static_cast<int>(std::thread::hardware_concurrency()), [&] {
                   return [&](std::size_t n) {
                       const Index first = static_cast<Index>(n) * piece;
                       const auto part = place.slice(first, std::min(piece, place.size - first));
                       if (!read_piece(stored, first, part)) finite = false;
                   };
               });
    if (!finite) expect_finite(tensor, place, where);
}

}  // namespace gppo
