// SPDX-License-Identifier: Apache-2.0
//
// The memory that a stage takes of a GPU with run.backend cuda, from its configuration and the
// model's shape alone (model/qwen3_pass_memory.hpp). What this process takes beside it is in
// memory_plan.hpp.
#pragma once

#include "config.hpp"
#include "launch.hpp"

#include <gppo/core/view.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <nlohmann/json.hpp>

#include <string>

/// Bytes of the device by what holds them.
struct DevicePlan {
    gppo::Index weights = 0, gradients = 0, moments = 0, activations = 0;
    gppo::Index reference = 0;     ///< weights and a forward pass
    gppo::Index critic = 0;        ///< or the reward model in training: weights, gradients, a pass
    gppo::Index reward_model = 0;  ///< a learned reward: weights and a forward pass
    gppo::Index sampler = 0;       ///< weights rounded to bf16, or frozen beside training
    gppo::Index key_values = 0;    ///< of all completions that are sampled at a time
    gppo::Index decoding = 0;      ///< what a step of sampling, and prompts, are worked out in
    gppo::Index workspace = 0;     ///< of products, attention, norms, and moments on their way
    gppo::Index completions_at_once = 0;
    gppo::Index total = 0;  ///< the most at a time: with run.offload less than the sum

    nlohmann::ordered_json to_json() const;
};

/// Of a stage of `kind`: sft, rl or reward; of one rank.
DevicePlan device_plan(const Config& config, const std::string& kind,
                       const gppo::Qwen3Config& shape, const RankCount& ranks = {});

/// Bytes of a GPU that a run may take: run.device_memory, else what the GPU says; 0 where neither
/// is known.
gppo::Index device_limit(const RunConfig& config);

/// As expects_fits() of memory_plan.hpp, for the device; without a limit everything fits. Throws
/// Error also where run.offload names what is not there.
void expects_device_fits(const Config& config, const std::string& kind,
                         const gppo::Qwen3Config& shape, gppo::Index limit, bool at_longest,
                         const RankCount& ranks);

/// Whether run.offload has `part`: moments, reference or critic.
bool offloads(const RunConfig& config, const std::string& part);
