// SPDX-License-Identifier: Apache-2.0
//
// The defaults of OpenRLHF, NeMo-RL, slime, SkyRL, AReaL, ROLL, prime-rl and rLLM, one objective
// each, with the conventions that differ between them: ddof, eps, singleton rule, guard, KL clamps,
// denominator. What a system leaves to its user (a KL coefficient, entropy) is off.
//
// Deliberately different here: every denominator counts the whole optimizer step; where slime makes
// NaN of a group of one, the advantage is 0.
#pragma once

#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/group_norm.hpp>
#include <gppo/advantage/leave_one_out.hpp>
#include <gppo/aggregate/sequence.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/dppo_tv.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/log_ratio_guard.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/clip/topr.hpp>
#include <gppo/correction/decoupled.hpp>
#include <gppo/kl/k3_clamped.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/objective.hpp>

namespace gppo::preset {

/// OpenRLHF (3c3be62), advantage_estimator group_norm: eps 1e-9, log-ratios clamped to +-20, token
/// mean (loss.py). Its dual clip is off unless asked for.
constexpr auto openrlhf_grpo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-9f, .singleton = Singleton::zero},
                     LogRatioGuard{PpoClip{.low = 0.2f, .high = 0.2f}, 20.0f}, TokenMean{}};
}

/// OpenRLHF, dr_grpo: r - mean.
constexpr auto openrlhf_dr_grpo() noexcept {
    return Objective{GroupMean{Singleton::zero},
                     LogRatioGuard{PpoClip{.low = 0.2f, .high = 0.2f}, 20.0f}, TokenMean{}};
}

/// NeMo-RL (7ea279a), grpo_math_1B: mean and std of the OTHER completions, no guard, token level,
/// k3 in the loss with coefficient 0.01 and the clamps 20 and 10.
constexpr auto nemo_grpo() noexcept {
    return Objective{
        LeaveOneOut{.scaled = true, .ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero},
        PpoClip{.low = 0.2f, .high = 0.2f}, TokenMean{},
        KlTerm{K3Clamped{.input = 20.0f, .output = 10.0f}, 0.01f}};
}

/// slime (624b824): eps 1e-6, no guard, the mean of each sample's mean unless
/// --calculate-per-token-loss; 0.2 / 0.28 as all its scripts have it (--eps-clip-high alone is
/// off).
constexpr auto slime_grpo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero},
                     PpoClip{.low = 0.2f, .high = 0.28f}, SequenceMeanTokenMean{}};
}

/// SkyRL (a956457): safe_exp_delta clamps to +-20, token_mean.
constexpr auto skyrl_grpo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero},
                     LogRatioGuard{PpoClip{.low = 0.2f, .high = 0.2f}, 20.0f}, TokenMean{}};
}

/// SkyRL's CISPO: low 1 and high 4, so weights in [0, 5].
constexpr auto skyrl_cispo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero},
                     Cispo{.low = 1.0f, .high = 4.0f}, TokenMean{}};
}

/// AReaL (4aef98d), decoupled PPO: logp_old holds the proximal policy's log-probs, logp_rollout the
/// behaviour's; a token whose weight is above 5 is dropped. AReaL's denominator keeps dropped
/// tokens, and so does this one.
constexpr auto areal_grpo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-5f, .singleton = Singleton::zero},
                     PpoClip{.low = 0.2f, .high = 0.2f},
                     TokenMean{},
                     KlTerm<NoKl>{},
                     EntropyBonus{0.0f},
                     Positives{0.0f},
                     Decoupled{5.0f}};
}

/// ROLL (8eb27cc), CISPO with its own bounds of 0.1; the unified mask is CispoMasked{0.1, 0.1}.
constexpr auto roll_cispo() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero},
                     Cispo{.low = 0.1f, .high = 0.1f}, SequenceMeanTokenMean{}};
}

/// ROLL's TOPR. ROLL takes the sign from the score; here it is that of the advantage.
constexpr auto roll_topr() noexcept {
    return Objective{GroupNorm{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::zero}, Topr{},
                     SequenceMeanTokenMean{}};
}

/// prime-rl (559b447), its default: r - mean, DPPO-TV with the quadratic pull, global token count.
/// Its ratio is against the engine: logp_old must be the engine's log-probs.
constexpr auto prime_rl() noexcept {
    return Objective{GroupMean{Singleton::zero},
                     DppoTvPrime{.low = 0.2f, .high = 0.2f, .pull = 1e-3f}, TokenMean{}};
}

/// rLLM (9beb6e0): numpy's std, so ddof 0; the loss is its backend's, verl's vanilla.
constexpr auto rllm_grpo() noexcept {
    return Objective{GroupNorm{.ddof = 0, .eps = 1e-6f, .singleton = Singleton::raw},
                     LogRatioGuard{DualClip{PpoClip{.low = 0.2f, .high = 0.2f}, 3.0f}, 20.0f},
                     TokenMean{}};
}

}  // namespace gppo::preset
