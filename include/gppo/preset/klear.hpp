// SPDX-License-Identifier: Apache-2.0
//
// Klear's recipes as their code runs them: Klear-Reasoner (suu990901/KlearReasoner 5d2d0b8),
// CE-GPPO (Kwai-Klear/CE-GPPO 10558fe), ERC (Kwai-Klear/ERC f1885c5). A fork of verl, so:
//
//   group std      Bessel (ddof 1), eps 1e-6, raw reward in a group of one. The paper: population
//   log-ratio      no guard (ERC alone clamps to +-20), and the released x / sg(x) is NaN outside
//                  float's range; here it is the closed form
//   dual clip      c = 10, not in the paper: a bad token beyond it has no gradient
//   KL             off;  entropy: off
//   denominator    token mean
//
// Deliberately different here: Klear's token mean and its loss on positives are means over a
// micro-batch, so both depend on packing; here both count the optimizer step.
#pragma once

#include <gppo/advantage/group_norm.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/dual.hpp>
#include <gppo/clip/erc.hpp>
#include <gppo/clip/gppo.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/kl/none.hpp>
#include <gppo/objective.hpp>

namespace gppo::preset {

inline constexpr GroupNorm klear_advantage{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::raw};

/// compute_gppo_loss(_general_beta): GPPO under the dual clip.
constexpr DualClip<Gppo> klear_gppo(float high, float beta_low) noexcept {
    return {{.low = 0.2f, .high = high, .beta_low = beta_low, .beta_high = 1.0f}, 10.0f};
}

/// recipe/dapo/perf_run_dapo_ours_math.sh: 0.2 / 0.28, and 0.1 times the SFT loss on completions
/// whose reward is exactly 1.
constexpr auto klear_math() noexcept {
    return Objective{klear_advantage, klear_gppo(0.28f, 1.0f), TokenMean{},
                     KlTerm<NoKl>{},  EntropyBonus{0.0f},      Positives{0.1f}};
}

/// The code recipe: the same objective. Its learning rate (5e-7) and mini-batch (32) differ.
constexpr auto klear_code() noexcept {
    return klear_math();
}

/// CE-GPPO 1.5B: symmetric bounds, beta_1 = 0.5.
constexpr auto ce_gppo_1_5b() noexcept {
    return Objective{klear_advantage, klear_gppo(0.2f, 0.5f), TokenMean{}};
}

/// CE-GPPO 7B: beta_1 = 0.75.
constexpr auto ce_gppo_7b() noexcept {
    return Objective{klear_advantage, klear_gppo(0.2f, 0.75f), TokenMean{}};
}

/// ERC over GPPO: bounds 0.2 / 0.2, entropy ratio in (0.95, 1.05). Needs entropy and entropy_old.
/// Its clamp of the log-ratio to +-20 is left out: beyond it ERC's clipped tokens lose the
/// boundary's gradient, here they keep it.
constexpr auto klear_gppo_erc() noexcept {
    return Objective{klear_advantage,    Erc{klear_gppo(0.2f, 1.0f), 0.05f, 0.05f},
                     TokenMean{},        KlTerm<NoKl>{},
                     EntropyBonus{0.0f}, Positives{0.1f}};
}

/// ERC over clip-higher: 0.2 / 0.28.
constexpr auto klear_grpo_erc() noexcept {
    return Objective{
        klear_advantage,    Erc{DualClip{PpoClip{.low = 0.2f, .high = 0.28f}, 10.0f}, 0.05f, 0.05f},
        TokenMean{},        KlTerm<NoKl>{},
        EntropyBonus{0.0f}, Positives{0.1f}};
}

}  // namespace gppo::preset
