// SPDX-License-Identifier: Apache-2.0
//
// KL in the reward (Ziegler et al. 2019, arXiv 1909.08593; REINFORCE++; verl, OpenRLHF, SkyRL,
// ROLL): each token's reward loses coefficient * K(logp, logp_ref) before the advantages are
// estimated, with the log-probs of the policy that sampled. There is no gradient through it, so k1
// is the right estimator here: unbiased, and the sum over a sequence is the log-ratio of the
// sequence. TRL's RLOO takes that sum off the sequence's reward, which is the same for an estimator
// of sequences.
#pragma once

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace gppo {

template <KlPenalty K>
struct KlInReward {
    K penalty{};
    float coefficient = 0.0f;  ///< beta; verl's kl_ctrl.kl_coef 1e-3

    /// Lowers token_reward where tokens train, and returns the mean over sequences of the mean KL
    /// of their tokens, which verl hands to the adaptive controller (AdaptiveKl).
    template <std::floating_point T>
    double operator()(View<const T> logp_old /*(T)*/,
                      std::type_identity_t<View<const T>> logp_ref /*(T)*/,
                      View<const Index> offsets /*(B + 1)*/,
                      View<const std::uint8_t> mask /*(T) or empty*/,
                      std::type_identity_t<View<T>> token_reward /*(T)*/) const {
        double means = 0.0, sequences = 0.0;
        for (Index b = 0; b + 1 < offsets.size; ++b) {
            double sum = 0.0, tokens = 0.0;
            for (Index t = offsets[b]; t < offsets[b + 1]; ++t) {
                if (!mask.empty() && mask[t] == 0) continue;
                const T kl = [&] {
                    if constexpr (MapsLogpsToTerm<K, T>)
                        return penalty(logp_old[t], logp_ref[t]).value;
                    else  // the policy that sampled has a ratio of one to itself
                        return penalty(logp_old[t], logp_ref[t], T(1)).value;
                }();
                token_reward[t] -= T(coefficient) * kl;
                sum += static_cast<double>(kl);
                tokens += 1.0;
            }
            if (tokens == 0.0) continue;
            means += sum / tokens;
            sequences += 1.0;
        }
        return sequences > 0.0 ? means / sequences : 0.0;
    }
};
template <class K>
KlInReward(K) -> KlInReward<K>;
template <class K>
KlInReward(K, float) -> KlInReward<K>;

}  // namespace gppo
