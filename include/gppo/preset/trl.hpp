// SPDX-License-Identifier: Apache-2.0
//
// TRL's GRPOTrainer by loss_type, with every convention (TRL f2cd577 and 1.16, grpo_trainer.py):
//
//   group std      Bessel (ddof 1), eps 1e-4; a group of one has advantage 0
//   log-ratio      no guard;  dual clip: off (`delta`)
//   KL             off (beta 0); where it is on, k3 without clamps: KlTerm{K3{}, beta}
//   CISPO          epsilon_high is one absolute cap, no lower bound
//   denominator    dapo, cispo, vespo: the tokens of the accumulation window. grpo, sapo, luspo,
//                  dr_grpo: a mean per micro-batch, divided by the number of micro-batches
//
// Deliberately different here: the second kind of denominator depends on how sequences are packed;
// ours counts the whole optimizer step, which is TRL's number for a single micro-batch.
// With vLLM, TRL also multiplies by a rollout correction unless told not to (sequence_mask, cap 3):
// corrected(preset::trl_dapo(), ...).
#pragma once

#include <gppo/advantage/group_mean.hpp>
#include <gppo/advantage/group_norm.hpp>
#include <gppo/aggregate/sequence.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/cispo.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/clip/sapo.hpp>
#include <gppo/objective.hpp>
#include <gppo/ratio/gspo.hpp>
#include <gppo/ratio/vespo.hpp>

namespace gppo::preset {

/// scale_rewards="group": nanstd is unbiased, + 1e-4; num_generations 1 has std 0 and mean r.
inline constexpr GroupNorm trl_advantage{.ddof = 1, .eps = 1e-4f, .singleton = Singleton::zero};

/// loss_type="grpo": symmetric clip, mean of a sequence, mean over sequences.
constexpr auto trl_grpo() noexcept {
    return Objective{trl_advantage, PpoClip{.low = 0.2f, .high = 0.2f}, SequenceMeanTokenMean{}};
}

/// loss_type="dapo", TRL's default, with the epsilon_high of the DAPO paper. Left out, epsilon_high
/// equals epsilon, 0.2.
constexpr auto trl_dapo() noexcept {
    return Objective{trl_advantage, PpoClip{.low = 0.2f, .high = 0.28f}, TokenMean{}};
}

/// loss_type="dr_grpo", scale_rewards="none": over the constant max_completion_length (512 there).
constexpr auto trl_dr_grpo(double max_completion_length = 512.0) noexcept {
    return Objective{
        GroupMean{Singleton::zero}, PpoClip{.low = 0.2f, .high = 0.2f},
        SequenceMeanTokenSumNorm{.horizon = max_completion_length, .batch_mean = true}};
}

/// loss_type="cispo" with epsilon_high=5: an ABSOLUTE cap; compare verl_cispo().
constexpr auto trl_cispo() noexcept {
    return Objective{trl_advantage, CispoCap{.cap = 5.0f}, TokenMean{}};
}

/// loss_type="sapo".
constexpr auto trl_sapo() noexcept {
    return Objective{trl_advantage, Sapo{.tau_positive = 1.0f, .tau_negative = 1.05f},
                     SequenceMeanTokenMean{}};
}

/// importance_sampling_level="sequence", loss_type="grpo", bounds of the GSPO paper.
constexpr auto trl_gspo() noexcept {
    return Objective{trl_advantage, Gspo{.low = 3e-4f, .high = 4e-4f}, SequenceMeanTokenMean{}};
}

/// loss_type="vespo": k / lambda 2 / 3 for good sequences, 3 / 2 for bad ones.
constexpr auto trl_vespo() noexcept {
    return Objective{trl_advantage, Vespo{}, TokenMean{}};
}

}  // namespace gppo::preset
