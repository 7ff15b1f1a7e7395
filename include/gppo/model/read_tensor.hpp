// SPDX-License-Identifier: Apache-2.0
//
// A tensor of a file to its place among the weights, on all cores. One that is NaN or infinite
// somewhere is refused by name and position.
#pragma once

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
inline void expect_finite(const TensorInfo& tensor, View<const float> values,
                          const std::string& where) {
    for (Index i = 0; i < values.size; ++i) {
        if (math::finite(values[i])) continue;
        std::vector<Index> position(tensor.shape.size());
        Index rest = i;
        for (std::size_t axis = tensor.shape.size(); axis-- > 0; rest /= tensor.shape[axis])
            position[axis] = rest % tensor.shape[axis];
        throw Error(where + ": tensor '" + tensor.name + "' is " +
                    (values[i] != values[i] ? "NaN" : "infinite") + " at " + shape_text(position));
    }
}

/// Copies a stored tensor of the right shape to its place in a flat buffer.
inline void read_tensor(const StoredTensor& stored, const TensorInfo& tensor,
                        View<float> values /* (count) */, const std::string& where) {
    const View<float> place = values.slice(tensor.offset, tensor.size());
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
                       const View<float> part =
                           place.slice(first, std::min(piece, place.size - first));
                       read_as_float(stored, first, part);
                       if (!all_finite(part)) finite = false;
                   };
               });
    if (!finite) expect_finite(tensor, place, where);
}

}  // namespace gppo
