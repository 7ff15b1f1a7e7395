// SPDX-License-Identifier: Apache-2.0
//
// The kinds of stages, as commands run them.
#pragma once

#include "run.hpp"

void train_sft(const Config& config, const StageOptions& options);
void train_rl(const Config& config, const StageOptions& options);

/// In run.dir/reward, from the policy that run.dir holds.
void train_reward(const Config& config, const StageOptions& options);

/// Throws what train_rl would about [rl] and [reward], without a model.
void check_rl(const Config& config);
