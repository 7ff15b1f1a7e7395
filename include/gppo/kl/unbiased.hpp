// SPDX-License-Identifier: Apache-2.0
//
// The unbiased KL of DeepSeek-V3.2 (2025, arXiv 2512.02556): an estimator times the ratio of the
// policy to the one that sampled, r = pi / pi_old, differentiated as a whole.
//
//   value r K(x), weight r (K(x) + K'(x)),  x = logp - logp_ref
//
// The ratio corrects for tokens sampled by an older policy, and its own gradient supplies the score
// term that k1 and k3 lack, so the mean over samples is the gradient of KL(policy || reference).
// For k3 the sum is r x: k2's gradient, corrected for the samples. TRL: use_bias_correction_kl (r
// is a sequence's where its loss is), slime: the same. NeMo-RL multiplies by exp(logp - sg(logp)),
// a ratio that is always one: the score term without the correction.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/token.hpp>
#include <gppo/kl/k3.hpp>

#include <concepts>
#include <type_traits>

namespace gppo {

/// NeMo-RL's: right where the policy that trains is the one that sampled.
template <class K>
struct UnbiasedOnPolicy {
    K penalty{};

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref) const noexcept {
        const Term<T> k = penalty(logp, logp_ref);
        // k3's two parts cancel to x, which float would lose where e^-x is large.
        if constexpr (std::is_same_v<K, K3>)
            return {k.value, logp - logp_ref};
        else
            return {k.value, k.value + k.weight};
    }
};
template <class K>
UnbiasedOnPolicy(K) -> UnbiasedOnPolicy<K>;

/// DeepSeek-V3.2's. Finite for every ratio and log-ratio: what would overflow is the largest
/// number.
template <class K>
struct Unbiased {
    K penalty{};

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(T logp, T logp_ref, T ratio) const noexcept {
        constexpr T largest = math::largest<T>;
        const Term<T> k = UnbiasedOnPolicy<K>{penalty}(logp, logp_ref);
        return {math::clamp(ratio * k.value, -largest, largest),
                math::clamp(ratio * k.weight, -largest, largest)};
    }
};
template <class K>
Unbiased(K) -> Unbiased<K>;

}  // namespace gppo
