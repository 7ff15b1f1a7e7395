// SPDX-License-Identifier: Apache-2.0
//
// What the pass over the tokens reads of an objective: all but the estimator and the aggregation,
// whose numbers are in the batch by then. Trivially copyable, so that it can be the argument of a
// kernel.
#pragma once

#include <gppo/bind.hpp>

#include <type_traits>
#include <vector>

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

/// A bound policy or correction as an array of what it is for each sequence: small values, so the
/// array can lie wherever the pass runs. Source is what was bound.
template <class At, class Source>
struct OfSequences {
    const At* each = nullptr;  // (B)
    static constexpr Traits traits = traits_of<Source>();
    GPPO_HD At at(Index b) const noexcept { return each[b]; }
};

/// What `bound` is for each sequence.
template <class Bound>
auto each_sequence(const Bound& bound, Index sequences) {
    using At = decltype(bound.at(Index{}));
    static_assert(std::is_trivially_copyable_v<At>);
    std::vector<At> each;
    each.reserve(static_cast<std::size_t>(sequences));
    for (Index b = 0; b < sequences; ++b) each.push_back(bound.at(b));
    return each;
}

/// Refuses, when compiled, an objective that has to be bound first (bind.hpp).
template <class E, class C, class A, class K, class R>
TokenObjective<C, K, R> token_objective(const Objective<E, C, A, K, R>& o) {
    static_assert(!needs_binding<Objective<E, C, A, K, R>, float>,
                  "a policy or correction that looks at its sequence or the batch is bound first");
    static_assert(std::is_trivially_copyable_v<TokenObjective<C, K, R>>);
    return {o.clip, o.kl, o.entropy, o.positives, o.correction};
}

}  // namespace gppo
