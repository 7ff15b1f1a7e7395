// SPDX-License-Identifier: Apache-2.0
//
// May this run go on from that checkpoint? The identity of a run is what its training examples, its
// random numbers and its shapes follow from; a checkpoint stores it, and a resumed run is compared
// with it.
#pragma once

#include "config.hpp"
#include "task.hpp"

#include <gppo/model/qwen3_config.hpp>
#include <gppo/train/checkpoint.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

/// The configuration but for [run], the seed, the numbers of threads and ranks and a hash of the
/// training rows. Holds no path of the run itself, so a run directory can be moved.
nlohmann::ordered_json identity(const Config& config, const Task& task, int threads,
                                gppo::Index ranks);

/// Throws Error naming the first key whose change makes going on wrong. Returns a line for each
/// other change. A new stage may bring its own task and seed, but not problems held out that the
/// last stage trained on.
std::vector<std::string> compare_identity(const nlohmann::ordered_json& then,
                                          const nlohmann::ordered_json& now, bool new_stage,
                                          const std::string& checkpoint);

/// Throws Error if the model or the tokenizer differs from the checkpoint's.
void check_shape(const gppo::Checkpoint& checkpoint, const gppo::Qwen3Config& shape);
void check_tokenizer(const gppo::Checkpoint& checkpoint, const gppo::Tokenizer& tokenizer);
