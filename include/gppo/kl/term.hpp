// SPDX-License-Identifier: Apache-2.0
//
// A KL penalty in the loss: + coefficient * aggregate(penalty). The value is aggregated like the
// policy term.
#pragma once

#include <gppo/concepts/kl_penalty.hpp>

namespace gppo {

template <KlPenalty K>
struct KlTerm {
    K penalty{};
    float coefficient = 0.0f;  ///< beta; verl's example 1e-3, GRPO's paper 0.04
};
template <class K>
KlTerm(K) -> KlTerm<K>;
template <class K>
KlTerm(K, float) -> KlTerm<K>;

}  // namespace gppo
