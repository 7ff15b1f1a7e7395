// SPDX-License-Identifier: Apache-2.0
//
// The two kinds of stages, as commands run them.
#pragma once

#include "run.hpp"

void train_sft(const Config& config, const StageOptions& options);
void train_rl(const Config& config, const StageOptions& options);

/// Throws what train_rl would about [rl] and [reward], without a model.
void check_rl(const Config& config);
