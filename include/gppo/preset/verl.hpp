// SPDX-License-Identifier: Apache-2.0
//
// verl's objectives with every convention it does not tell (verl 1dda039, core_algos.py). They are
// values: take one and change a field. What verl silently fixes:
//
//   group std      Bessel (ddof 1), eps 1e-6; a group of one keeps its raw reward as advantage
//   log-ratio      clamped to +-20 where the gradient goes through it, zero gradient outside
//   dual clip      always on in "vanilla", c = 3 (10 in the DAPO recipe)
//   KL in loss     "low_var_kl": k3, input clamped to +-20 and value to +-10
//   denominator    token-mean over the tokens of the mini-batch
//
// Deliberately different here: a denominator counts the whole optimizer step, where verl's token
// mean without global token counts is a mean over micro-batches.
#pragma once

#include <gppo/advantage/gpg.hpp>
#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/group_norm.hpp>
#include <gppo/aggregate/sequence.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/clip_cov.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/kl_cov.hpp>
#include <gppo/clip/log_ratio_guard.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/clip/reinforce.hpp>
#include <gppo/clip/sapo.hpp>
#include <gppo/kl/k3_clamped.hpp>
#include <gppo/objective.hpp>
#include <gppo/ratio/gmpo.hpp>
#include <gppo/ratio/gspo.hpp>

namespace gppo::preset {

/// compute_grpo_outcome_advantage: torch.std, 1e-6, n = 1 has mean 0 and std 1.
inline constexpr GroupNorm verl_advantage{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::raw};

/// compute_policy_loss_vanilla: guard, clip, dual clip.
constexpr LogRatioGuard<DualClip<PpoClip>> verl_vanilla(float high, float cap) noexcept {
    return {{{.low = 0.2f, .high = high}, cap}, 20.0f};
}

/// kl_loss_type low_var_kl with the coefficient of the GRPO examples and of ppo_trainer.yaml.
inline constexpr KlTerm<K3Clamped> verl_kl{{.input = 20.0f, .output = 10.0f}, 1e-3f};

/// adv_estimator=grpo as in examples/grpo_trainer: symmetric clip, KL in the loss.
constexpr auto verl_grpo() noexcept {
    return Objective{verl_advantage, verl_vanilla(0.2f, 3.0f), TokenMean{}, verl_kl};
}

/// recipe/dapo: clip-higher, c = 10, token mean, no KL.
constexpr auto verl_dapo() noexcept {
    return Objective{verl_advantage, verl_vanilla(0.28f, 10.0f), TokenMean{}};
}

/// norm_adv_by_std_in_grpo=False, seq-mean-token-sum-norm. `horizon` is loss_scale_factor; 0 takes
/// the longest completion of the step, where verl takes the padded length. Older verl has no mean
/// over sequences (batch_mean).
constexpr auto verl_dr_grpo(double horizon = 0.0) noexcept {
    return Objective{GroupMean{Singleton::raw}, verl_vanilla(0.2f, 3.0f),
                     SequenceMeanTokenSumNorm{.horizon = horizon, .batch_mean = true}};
}

/// loss_mode=cispo with bounds AROUND ONE. The example has low = 10, so no lower bound, and 0.2
/// above; compare trl_cispo().
constexpr auto verl_cispo() noexcept {
    return Objective{verl_advantage, Cispo{.low = 10.0f, .high = 0.2f}, TokenMean{}, verl_kl};
}

/// loss_mode=sapo; seq-mean-token-mean whatever is configured. The guard of +-20 is left out: the
/// gate is shut there.
constexpr auto verl_sapo() noexcept {
    return Objective{verl_advantage, Sapo{.tau_positive = 1.0f, .tau_negative = 1.05f},
                     SequenceMeanTokenMean{}};
}

/// loss_mode=gspo; seq-mean-token-mean whatever is configured, bounds of the paper's runs.
constexpr auto verl_gspo() noexcept {
    return Objective{verl_advantage, Gspo{.low = 3e-4f, .high = 4e-4f}, SequenceMeanTokenMean{}};
}

/// loss_mode=geo_mean: bounds are log-ratios, no guard, loss_agg_mode is ignored.
constexpr auto verl_gmpo() noexcept {
    return Objective{verl_advantage, Gmpo{.low = 0.4f, .high = 0.4f}, SequenceMeanTokenMean{}};
}

/// adv_estimator=gpg with loss_mode=gpg: counts rewards that are not 0, raw reward in a group of
/// one.
constexpr auto verl_gpg() noexcept {
    return Objective{Gpg{.count = Gpg::Count::nonzero_rewards, .singleton = Singleton::raw},
                     Reinforce{}, TokenMean{}};
}

/// loss_mode=clip_cov: no guard and no dual clip; covariance in (1, 5), 2e-4 of the tokens.
constexpr auto verl_clip_cov() noexcept {
    return Objective{
        verl_advantage,
        ClipCov{.low = 0.2f, .high = 0.2f, .share = 2e-4, .lowest = 1.0f, .highest = 5.0f},
        TokenMean{}};
}

/// loss_mode=kl_cov: the yaml's coefficient of 0.1; the function's own default is 1.
constexpr auto verl_kl_cov() noexcept {
    return Objective{verl_advantage, KlCov{.share = 2e-4, .coefficient = 0.1f}, TokenMean{}};
}

}  // namespace gppo::preset
