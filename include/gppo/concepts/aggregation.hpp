// SPDX-License-Identifier: Apache-2.0
//
// Aggregation: the one number per sequence its tokens' terms are multiplied with before they are
// summed. It depends on counts of the whole optimizer step, so micro-batching cannot change a
// gradient.
#pragma once

#include <gppo/core/batch.hpp>

#include <concepts>

namespace gppo {

/// Called as aggregate(extent), it returns the sequence's coefficient as a double and cannot throw.
template <class A>
concept MapsExtentToCoefficient = requires(const A aggregate, Extent extent) {
    { aggregate(extent) } noexcept -> std::same_as<double>;
};

/// An aggregation maps the extent of a sequence to its coefficient: J = sum_b c_b sum_t term(b, t).
template <class A>
concept Aggregation = MapsExtentToCoefficient<A>;

}  // namespace gppo
