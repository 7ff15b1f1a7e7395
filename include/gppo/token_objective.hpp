// SPDX-License-Identifier: Apache-2.0
//
// What the pass over the tokens reads of an objective: all but the estimator and the aggregation,
// whose numbers are in the batch by then. Trivially copyable, so that it can be the argument of a
// kernel.
#pragma once

#include <gppo/bind.hpp>

#include <type_traits>

namespace gppo {

template <Policy C, KlPenalty K, Correction R>
struct TokenObjective {
    C clip{};
    KlTerm<K> kl{};
    EntropyBonus entropy{};
    Positives positives{};
    R correction{};
};

template <class C, class K, class R>
struct PartsOf<TokenObjective<C, K, R>> {
    using Policy = C;
    using Penalty = K;
    using Correction = R;
};

/// Refuses, when compiled, an objective that has to be bound first (bind.hpp).
template <class E, class C, class A, class K, class R>
TokenObjective<C, K, R> token_objective(const Objective<E, C, A, K, R>& o) {
    static_assert(!needs_binding<Objective<E, C, A, K, R>, float>,
                  "a policy or correction that looks at its sequence or the batch is bound first");
    static_assert(std::is_trivially_copyable_v<TokenObjective<C, K, R>>);
    return {o.clip, o.kl, o.entropy, o.positives, o.correction};
}

}  // namespace gppo
