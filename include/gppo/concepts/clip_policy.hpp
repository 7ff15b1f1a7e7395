// SPDX-License-Identifier: Apache-2.0
//
// ClipPolicy: what turns one sampled token into its share of the objective. See clip/ for the
// published ones; yours may live in your own namespace and needs no registration.
#pragma once

#include <gppo/core/token.hpp>

#include <concepts>
#include <type_traits>

namespace gppo {

/// It can be copied into a kernel byte by byte: no pointers to own, no virtual functions.
template <class P>
concept KernelArgument = std::is_trivially_copyable_v<P>;

/// Called as policy(token) on a const policy, it returns a Term and cannot throw.
template <class P, class T>
concept MapsTokenToTerm = requires(const P policy, Token<T> token) {
    { policy(token) } noexcept -> std::same_as<Term<T>>;
};

/// A clip policy maps a token (log-probs, ratio, advantage) to a term (value, weight = dJ/dlogp).
/// The ratio it gets is finite and not negative; a token without advantage must get a zero weight
/// unless the paper says otherwise.
template <class P, class T = float>
concept ClipPolicy = KernelArgument<P> && MapsTokenToTerm<P, T>;

}  // namespace gppo
