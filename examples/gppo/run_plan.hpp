// SPDX-License-Identifier: Apache-2.0
//
// gppo run --check and gppo plan: what the stages of a recipe would take, from shapes alone. No
// weights are read, no memory is taken, no file of rows is opened.
#pragma once

#include "launch.hpp"
#include "recipe.hpp"

#include <gppo/model/qwen3_config.hpp>

#include <nlohmann/json.hpp>

/// Throws Error where the reward of a stage of kind rl has the part model and no reward model will
/// be there, or where a reward model would need one to be trained.
void expects_reward_model(const Recipe& recipe, const RecipeStage& stage);

/// Throws Error, naming stage and key, for what could not run: an objective that does not exist, a
/// completion longer than the model's context. Else one entry a stage.
nlohmann::ordered_json plan_of(const Recipe& recipe,
                               const RankCount& ranks = RankCount::from_environment());

/// The shape of the model's directory where there is one, of the published sizes by the path's name
/// ("Qwen3-8B"), else of [model].
gppo::Qwen3Config planned_shape(const Config& config);
