// SPDX-License-Identifier: Apache-2.0
//
// KlPenalty: an estimate, from one sampled token, of the divergence of the policy from a reference
// policy, and its derivative by logp. See kl/ for the usual ones.
#pragma once

#include <gppo/concepts/clip_policy.hpp>
#include <gppo/core/token.hpp>

#include <concepts>

namespace gppo {

/// Called as penalty(logp, logp_ref), it returns a Term (value, d value / d logp) and cannot throw.
template <class K, class T>
concept MapsLogpsToTerm = requires(const K penalty, T logp, T logp_ref) {
    { penalty(logp, logp_ref) } noexcept -> std::same_as<Term<T>>;
};

/// Called as penalty(logp, logp_ref, ratio), where it needs the ratio to the policy that sampled.
template <class K, class T>
concept MapsLogpsAndRatioToTerm = requires(const K penalty, T logp, T logp_ref, T ratio) {
    { penalty(logp, logp_ref, ratio) } noexcept -> std::same_as<Term<T>>;
};

/// A KL penalty maps a token's log-probs under policy and reference to (value, weight).
template <class K, class T = float>
concept KlPenalty = KernelArgument<K> && (MapsLogpsToTerm<K, T> || MapsLogpsAndRatioToTerm<K, T>);

}  // namespace gppo
