// SPDX-License-Identifier: Apache-2.0
//
// Objectives of published models whose training code is a fork of verl: Skywork-OR1 (arXiv
// 2505.22312), AceReason-Nemotron (arXiv 2505.16400), DeepCoder (Agentica and Together AI, 2025),
// Archer2.0 (ASPO, arXiv 2510.06062). Group std with ddof 1, eps 1e-6, raw reward in a group of
// one; token mean; no KL.
//
// The forks of early 2025 are older than verl's dual clip and log-ratio guard, so they have
// neither. Deliberately different here: the denominator counts the optimizer step, not the
// micro-batch.
#pragma once

#include <gppo/advantage/group_norm.hpp>
#include <gppo/aggregate/token.hpp>
#include <gppo/clip/aspo.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/objective.hpp>

namespace gppo::preset {

inline constexpr GroupNorm recipe_advantage{.ddof = 1, .eps = 1e-6f, .singleton = Singleton::raw};

/// or1_scripts/train: one update per rollout (batch = mini-batch = 256, n = 16), no clip-higher.
/// The entropy coefficient starts at 0 and is driven by entropy/adaptive.hpp: target 0.2, step
/// 1e-4, at most 0.005. Groups that are all right or all wrong are dropped (informative_sequences).
constexpr auto skywork_or1() noexcept {
    return Objective{recipe_advantage, PpoClip{.low = 0.2f, .high = 0.2f}, TokenMean{}};
}

/// From the paper, there is no code: GRPO, one gradient step per rollout, so the ratio is one and
/// the clip never acts; token-level loss, neither KL nor entropy term.
constexpr auto acereason() noexcept {
    return Objective{recipe_advantage, PpoClip{.low = 0.2f, .high = 0.2f}, TokenMean{}};
}

/// rllm 874daa4: clip-higher, no KL, no entropy, n = 8, batch 32 in mini-batches of 16.
constexpr auto deepcoder() noexcept {
    return Objective{recipe_advantage, PpoClip{.low = 0.2f, .high = 0.28f}, TokenMean{}};
}

/// Archer2.0 b08d963: ASPO with the bounds of its low-entropy tokens; those of high entropy have
/// 0.4, so evaluate them apart if you need both.
constexpr auto archer_aspo() noexcept {
    return Objective{recipe_advantage, Aspo{.low = 0.2f, .high = 0.2f, .cap = 3.0f}, TokenMean{}};
}

}  // namespace gppo::preset
