// SPDX-License-Identifier: Apache-2.0
//
// The memory that a stage takes, from its configuration and the model's shape alone
// (model/qwen3_memory.hpp): said before anything is allocated, and refused where it is not there.
#pragma once

#include "config.hpp"
#include "launch.hpp"

#include <gppo/core/bf16.hpp>
#include <gppo/core/view.hpp>
#include <gppo/model/qwen3_config.hpp>
#include <gppo/train/moments.hpp>

#include <nlohmann/json.hpp>

#include <string>

/// Bytes of one process by what holds them.
struct MemoryPlan {
    // With a GPU: copies, and what no GPU holds (device_plan.hpp).
    gppo::Index weights = 0, gradients = 0, moments = 0, activations = 0;
    gppo::Index reference = 0;     ///< the model of the stage's beginning, and its forward pass
    gppo::Index critic = 0;        ///< with gae or in a reward stage: model, gradients, moments
    gppo::Index reward_model = 0;  ///< a learned reward
    gppo::Index sampler = 0;       ///< weights as decoding has them; a copy of them in a pipeline
    gppo::Index key_values = 0;    ///< of all completions that are sampled at a time
    gppo::Index gathered = 0;      ///< of several ranks' moments, for a checkpoint; on rank 0 alone
    gppo::Index microbatch_tokens = 0;
    gppo::Index completions = 0, completions_at_once = 0;  ///< of a rollout, on this processor

    gppo::Index total() const {
        return weights + gradients + moments + activations + reference + critic + reward_model +
               sampler + key_values + gathered;
    }
    /// Of all ranks on rank 0's machine.
    gppo::Index total(const RankCount& ranks) const {
        return ranks.local * (total() - gathered) + gathered;
    }
    nlohmann::ordered_json to_json() const;
};

/// Of a stage of `kind`: sft, rl or reward; of the rank that takes most where they are several.
MemoryPlan memory_plan(const Config& config, const std::string& kind,
                       const gppo::Qwen3Config& shape, const RankCount& ranks = {});

/// Whether models are in a GPU's memory, and whether completions are sampled there, too.
inline bool on_device(const RunConfig& c) {
    return c.backend == "cuda" || c.device == "cuda";
}
inline bool samples_on_device(const RunConfig& c) {
    return c.backend == "cuda";
}

/// Of products.
inline gppo::Precision precision_of(const Config& c) {
    return c.run.precision == "bf16" ? gppo::Precision::bf16 : gppo::Precision::fp32;
}

/// How a stage of `kind` keeps AdamW's moments.
gppo::MomentStorage moment_storage(const Config& config, const std::string& kind);

/// Longest prompt and completion of a stage, tokens.
gppo::Index longest_sequence(const Config& config, const std::string& kind);

/// Bytes that this machine or the control group of this process has; 0 where neither says.
gppo::Index machine_memory();

/// Bytes that a run may take: run.memory, else what the machine has.
gppo::Index memory_limit(const RunConfig& config);

/// Throws Error with the numbers, and with what the settings that save memory would come to, where
/// the stage takes more than `limit` bytes (0: no limit) of a machine. Without `at_longest` keys
/// and values are left out: they grow with completions, which need not all become as long as they
/// may.
void expects_fits(const Config& config, const std::string& kind, const gppo::Qwen3Config& shape,
                  gppo::Index limit, bool at_longest, const RankCount& ranks);

/// "weights 1.2 GiB, gradients 1.2 GiB": what is not 0, without the total.
std::string parts_text(const nlohmann::ordered_json& bytes);

/// "12.3 GiB", "0.5 MiB"
std::string bytes_text(gppo::Index bytes);
