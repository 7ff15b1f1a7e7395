// SPDX-License-Identifier: Apache-2.0
//
// TwoPhasePolicy: a policy that needs its sequence or the batch before it can answer for a token.
// bind(execution, batch) looks at the batch, in parallel where it must, and returns a bound policy;
// at(b) of that is the token policy of sequence b. A bound policy owns O(B) memory and never an
// array of T, and may point into the batch, which must outlive it.
#pragma once

#include <gppo/concepts/clip_policy.hpp>
#include <gppo/core/batch.hpp>
#include <gppo/core/execution.hpp>
#include <gppo/core/traits.hpp>

#include <concepts>

namespace gppo {

/// Called as policy(token, place), `place` counted from the first token of its sequence.
template <class P, class T>
concept MapsPlacedTokenToTerm = requires(const P policy, Token<T> token, Index place) {
    { policy(token, place) } noexcept -> std::same_as<Term<T>>;
};

/// A clip policy, or one that also asks which token of its sequence it is.
template <class P, class T = float>
concept TokenPolicy = KernelArgument<P> && (MapsTokenToTerm<P, T> || MapsPlacedTokenToTerm<P, T>);

/// at(b) is the token policy of sequence b.
template <class P, class T = float>
concept BoundPolicy = requires(const P policy, Index b) {
    { policy.at(b) } noexcept -> TokenPolicy<T>;
};

/// bind(execution, batch) returns a bound policy. It runs on the host and may throw.
template <class P, class T = float>
concept TwoPhasePolicy = requires(const P policy, const Batch<T>& batch) {
    { policy.bind(serial, batch) } -> BoundPolicy<T>;
};

/// What an objective may have as its policy; a bound one in the precision of its batch.
template <class P, class T = float>
concept Policy =
    ClipPolicy<P, T> || TwoPhasePolicy<P, T> || BoundPolicy<P, T> || BoundPolicy<P, double>;

/// The term of one token, whichever way the policy is called.
template <class P, std::floating_point T>
GPPO_HD constexpr Term<T> term_at(const P& policy, Token<T> token, Index place) noexcept {
    if constexpr (MapsPlacedTokenToTerm<P, T>)
        return policy(token, place);
    else
        return policy(token);
}

/// A policy that treats a few tokens apart, so that the loop over all of them stays plain:
/// revised() are their places, increasing, and revise(token) their term; at_places(p) is the same
/// with the places in other memory, for a pass that runs there.
template <class P, class T = float>
concept RevisesTokens = requires(const P policy, Token<T> token) {
    { policy.revised() } noexcept -> std::same_as<View<const Index>>;
    { policy.revise(token) } noexcept -> std::same_as<Term<T>>;
};

/// The ratio the policy compares with its bounds, where it is not the token's own.
template <class P, class T>
concept SeesRatio = requires(const P policy, Token<T> token, Index place) {
    { policy.seen(token, place) } noexcept -> std::same_as<T>;
};

}  // namespace gppo
