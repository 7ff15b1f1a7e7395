// SPDX-License-Identifier: Apache-2.0
#include "memory_plan.hpp"

#include "run.hpp"

#include <gppo/core/error.hpp>
#include <gppo/model/head_tiles.hpp>
#include <gppo/model/lora.hpp>
#include <gppo/model/qwen3_memory.hpp>
#include <gppo/rollout/generate.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace {

using Plan = nlohmann::ordered_json;

/// Whether a KL term compares with the model of the stage's beginning.
bool compares(const RlConfig& c) {
    return (c.kl != "none" && c.kl_coef != 0) || (c.reward_kl != "none" && c.reward_kl_coef != 0);
}

/// A micro-batch holds at least one sequence, or one pair, whatever its budget.
gppo::Index batch_tokens(const Config& c, const std::string& kind) {
    const gppo::Index longest = longest_sequence(c, kind);
    if (kind == "reward") return std::max(2 * longest, c.reward_model.microbatch_tokens);
    return std::max(longest, kind == "rl" ? c.rl.microbatch_tokens : c.sft.microbatch_tokens);
}

/// The largest part where `ranks` share out n.
gppo::Index largest_share(gppo::Index n, const RankCount& ranks) {
    return (n + ranks.size - 1) / ranks.size;
}

gppo::Index completions_of(const Config& c, const std::string& kind, const RankCount& ranks) {
    const bool pairs = kind == "reward" && c.reward_model.pairs.empty();
    return kind == "rl" ? largest_share(c.rl.prompts, ranks) * c.rl.group
           : pairs      ? largest_share(c.reward_model.prompts, ranks) * c.reward_model.samples
                        : 0;
}

gppo::Index physical_memory() {
    std::ifstream in("/proc/meminfo");
    gppo::Index kibibytes = 0;
    for (std::string word; in >> word;)
        if (word == "MemTotal:") in >> kibibytes;
    return kibibytes * 1024;
}

}  // namespace

gppo::MomentStorage moment_storage(const Config& c, const std::string& kind) {
    return gppo::moment_storage_from_name(kind == "sft"  ? c.sft.moments
                                          : kind == "rl" ? c.rl.moments
                                                         : c.reward_model.moments);
}

gppo::Index longest_sequence(const Config& c, const std::string& kind) {
    return c.task.max_prompt_tokens +
           (kind == "sft" ? c.task.max_response_tokens : c.rl.max_new_tokens);
}

namespace {

/// Of the rank that has most. A part may begin within tensors: then a block more for each.
gppo::Index moments_of(gppo::MomentStorage storage, const std::vector<gppo::TensorInfo>& tensors,
                       const RankCount& ranks) {
    if (ranks.size == 1) return gppo::moment_bytes(storage, tensors);
    const gppo::Index weights = tensors.back().offset + tensors.back().size(),
                      share = largest_share(weights, ranks);
    if (storage != gppo::MomentStorage::int8) return 2 * gppo::moment_width(storage) * share;
    const gppo::Index most = share + ranks.size * gppo::moment_block;  // the last rank's
    return 2 * most + 8 * (most / gppo::moment_block + std::ssize(tensors) + 1);
}

/// At its most: where every token is a target and the objective lets the head go in one pass.
gppo::Index kept_logits(const MemoryPlan& plan, const gppo::Qwen3Config& shape) {
    return 4 * gppo::host_head_tiles.chunk(plan.microbatch_tokens, shape.vocab_size);
}

}  // namespace

MemoryPlan memory_plan(const Config& c, const std::string& kind, const gppo::Qwen3Config& shape,
                       const RankCount& ranks) {
    const auto m = gppo::qwen3_memory(shape, gppo::activations_from_name(c.model.activations),
                                      precision_of(c));
    const auto lora = make_lora(c.lora);
    const bool rl = kind == "rl", there = on_device(c.run);
    const auto all = gppo::qwen3_tensors(shape),
               trained = lora ? gppo::lora_layout(shape, *lora).tensors : all;
    const gppo::MomentStorage storage = moment_storage(c, kind);
    const auto kept = kept_weights(c);
    const gppo::Index policy = gppo::weight_bytes(shape, kept),
                      norms = kept == gppo::Precision::bf16 ? gppo::norm_copy_bytes(all) : 0;
    MemoryPlan plan{.weights = there ? policy - norms : policy,
                    .moments = moments_of(storage, trained, ranks)};
    plan.gradients = there && !lora && ranks.size == 1 ? 0 : m.gradients;
    if (ranks.size > 1) plan.gathered = gppo::moment_bytes(storage, trained);
    if (kind == "reward") plan.gradients = plan.moments = 0;  // the policy only samples
    plan.microbatch_tokens = batch_tokens(c, kind);
    const gppo::Index layers = there ? 0 : plan.microbatch_tokens * m.activation;
    const bool keeps = !there && kind != "reward" && c.model.logits == "kept";
    plan.activations = layers + (keeps ? kept_logits(plan, shape) : 0);
    const auto forward_only = [&](gppo::Index tokens) {
        return there ? 0
                     : tokens * gppo::qwen3_memory(shape, gppo::Activations::recomputed).activation;
    };
    if (rl && compares(c.rl)) plan.reference = plan.weights + forward_only(plan.microbatch_tokens);
    if (kind == "reward") {
        plan.critic = m.weights + m.gradients + moments_of(storage, all, ranks);
        if (ranks.size > 1) plan.gathered += gppo::moment_bytes(storage, all);
    }
    if (rl && c.rl.advantage == "gae") {
        plan.critic = m.weights + m.gradients + moments_of(storage, all, ranks) + layers;
        if (ranks.size > 1) plan.gathered += gppo::moment_bytes(storage, all);
    }
    if (rl && Grader(c.reward, c.sandbox).needs_model())
        plan.reward_model =
            m.weights + forward_only(std::max(reward_model_tokens, longest_sequence(c, kind)));
    plan.completions = completions_of(c, kind, ranks);
    plan.completions_at_once = std::min<gppo::Index>(plan.completions, gppo::Generation{}.slots);
    if (plan.completions > 0 && !uses_server(c.rollout) && !samples_on_device(c.run)) {
        plan.sampler = m.sampler + norms + (rl && c.rl.pipeline ? policy : 0);
        plan.key_values = plan.completions_at_once * longest_sequence(c, kind) * m.key_value;
    }
    return plan;
}

Plan MemoryPlan::to_json() const {
    return {{"weights", weights},           {"gradients", gradients}, {"moments", moments},
            {"activations", activations},   {"reference", reference}, {"critic", critic},
            {"reward_model", reward_model}, {"sampler", sampler},     {"key_values", key_values},
            {"gathered", gathered},         {"total", total()}};
}

gppo::Index machine_memory() {
    const gppo::Index machine = physical_memory();
    gppo::Index group = 0;
    std::ifstream("/sys/fs/cgroup/memory.max") >> group;  // stays 0 at "max"
    return group > 0 && (machine == 0 || group < machine) ? group : machine;
}

std::string bytes_text(gppo::Index bytes) {
    char text[32];
    const bool large = bytes >= (1 << 30);
    std::snprintf(text, sizeof text, "%.1f %s",
                  static_cast<double>(bytes) / (large ? 1 << 30 : 1 << 20), large ? "GiB" : "MiB");
    return text;
}

std::string parts_text(const Plan& held) {
    std::string parts;
    for (const auto& [name, bytes] : held.items())
        if (name != "total" && bytes > 0)
            parts +=
                (parts.empty() ? "" : ", ") + name + " " + bytes_text(bytes.get<gppo::Index>());
    return parts;
}

gppo::Index memory_limit(const RunConfig& config) {
    return config.memory > 0 ? static_cast<gppo::Index>(config.memory * (1 << 30))
                             : machine_memory();
}

void expects_fits(const Config& config, const std::string& kind, const gppo::Qwen3Config& shape,
                  gppo::Index limit, bool at_longest, const RankCount& ranks) {
    gppo::expects(config.model.weights == "fp32" || !make_lora(config.lora),
                  "lora.rank and lora.path go with model.weights fp32: adapters are added to "
                  "weights that stay as they are, which bf16 would round");
    const auto planned = [&](const Config& c) {
        MemoryPlan plan = memory_plan(c, kind, shape, ranks);
        if (!at_longest) plan.key_values = 0;
        return plan;
    };
    const MemoryPlan plan = planned(config);
    if (limit == 0 || plan.total(ranks) <= limit) return;
    Config least = config;
    least.model.activations = least.model.logits = "recomputed";
    least.rl.microbatch_tokens = least.sft.microbatch_tokens = 1;  // then one sequence
    least.reward_model.microbatch_tokens = 1;
    const MemoryPlan smaller = planned(least);
    const std::string of_all =
        ranks.local == 1 ? "" : " for the " + std::to_string(ranks.local) + " ranks of a machine";
    throw gppo::Error(
        kind + " takes " + bytes_text(plan.total(ranks)) + of_all + " and " + bytes_text(limit) +
        " are there: " + (of_all.empty() ? "" : "rank 0 ") + parts_text(plan.to_json()) +
        "; model.activations and logits = recomputed with microbatch_tokens of one sequence (" +
        std::to_string(smaller.microbatch_tokens) + ") comes to " +
        bytes_text(smaller.total(ranks)) +
        ", shorter completions, lora.rank or a smaller model to less; run.memory "
        "sets what is there");
}
