// SPDX-License-Identifier: Apache-2.0
#include "device_plan.hpp"

#include "cuda_engine.hpp"
#include "device_slots.hpp"
#include "memory_plan.hpp"
#include "run.hpp"

#include <gppo/backend/attention_rows.hpp>
#include <gppo/backend/cuda/cudnn_sizes.hpp>
#include <gppo/core/error.hpp>
#include <gppo/model/lora.hpp>
#include <gppo/model/qwen3_decode_memory.hpp>
#include <gppo/model/qwen3_pass_memory.hpp>
#include <gppo/rollout/request.hpp>
#include <gppo/train/adamw_moments.hpp>

#include <algorithm>

namespace {

using gppo::Index;
using gppo::Qwen3Config;

/// What the CUDA backend takes beside the model (backend/cuda/cuda.hpp).
constexpr Index product_workspace = Index{32} << 20;
constexpr Index attention_teams = 4096;

/// A micro-batch of `tokens` at its most: every token a target, in sequences of one token each for
/// what is counted by sequence, in the longest for what is counted by position.
gppo::PassShape full_pass(Index tokens, Index longest) {
    return {.tokens = tokens,
            .sequences = tokens,
            .targets = tokens,
            .positions = 2 * std::min(tokens, longest)};
}

/// A pass that only goes forward, as a reference and a learned reward do.
Index forward_only(const Qwen3Config& c, gppo::PassShape pass, bool log_probs) {
    pass.backward = pass.one_pass = false, pass.log_probs = log_probs;
    return gppo::qwen3_pass_memory(c, pass, gppo::Activations::recomputed).total();
}

/// cuDNN's attention over as many of the longest sequences as the tokens make.
Index cudnn_workspace(const Qwen3Config& c, Index tokens, Index longest) {
    return gppo::cudnn_attention_bytes(
        {c.num_attention_heads, c.num_key_value_heads, c.head_dim, 1.0f},
        {(tokens + longest - 1) / longest, std::min(tokens, longest), tokens});
}

/// The largest of the weights that a product reads.
Index largest_weights(const Qwen3Config& c) {
    return c.hidden_size * std::max({2 * c.intermediate_size, c.qkv_width(),
                                     gppo::device_head_tiles.tile(1, c.vocab_size)});
}

/// Whether products in `precision` read weights where they are: bf16 in rows of 16 bytes.
bool reads_weights_as_they_are(const Qwen3Config& c, gppo::Precision precision,
                               gppo::Precision kept) {
    if (precision == gppo::Precision::fp32 || kept == gppo::Precision::fp32)
        return precision == kept;
    return c.hidden_size % 8 == 0 && c.query_width() % 8 == 0 && c.intermediate_size % 8 == 0 &&
           c.head_dim % 4 == 0;
}

/// Both factors of the largest products, rounded to rows of 8 elements; `weights` of them.
Index rounded_factors(const Qwen3Config& c, Index tokens, Index weights) {
    const Index inner = c.intermediate_size, width = c.hidden_size;
    const Index left = tokens * std::max({2 * inner, c.qkv_width(), c.query_width(), width});
    const Index right = std::max(weights, tokens * std::max({width, c.query_width(), inner}));
    return 2 * (left + right);
}

Index backend_workspace(const Config& c, const Qwen3Config& shape, Index tokens, Index longest) {
    const Index attention =
        4 * (attention_teams * 2 * gppo::attention_chunk + tokens * shape.num_attention_heads);
    const bool as_they_are = reads_weights_as_they_are(shape, precision_of(c), kept_weights(c));
    const Index copied = as_they_are ? 0 : largest_weights(shape);
    if (c.run.precision == "fp32") return product_workspace + attention + 4 * copied;
    return product_workspace + attention + rounded_factors(shape, tokens, copied) +
           cudnn_workspace(shape, tokens, longest);
}

/// The norm's partial sums, what a step of the optimizer has of its own, and what waits for it of
/// moments from the host.
Index step_workspace(const Config& c, const std::string& kind, Index parameters) {
    const Index norm = 4 * ((parameters + gppo::optimizer_chunk - 1) / gppo::optimizer_chunk);
    constexpr auto now = static_cast<Index>(sizeof(gppo::AdamWNow));
    if (!offloads(c.run, "moments")) return now + norm;
    const gppo::MomentLayout at_a_time(moment_storage(c, kind),
                                       std::min(gppo::streamed_weights, parameters),
                                       moment_storage(c, kind) == gppo::MomentStorage::int8
                                           ? gppo::streamed_weights / gppo::moment_block
                                           : 0);
    return now + norm + at_a_time.total;
}

/// Steps of sampling, and prompts that go in whole; after a tool's answer all that was said is one.
/// In bf16 factors are rounded, and what cuDNN's attention reads and writes.
Index decoding_bytes(const Config& c, const Qwen3Config& shape, Index completions, Index at_once,
                     Index longest) {
    const gppo::Generation options;
    const Index prompt = c.tools.kind == "none" ? c.task.max_prompt_tokens : longest;
    const bool whole = prompt >= options.whole_prompt;
    const gppo::DecodeShape most{
        .rows = at_once + options.prompt_rows,
        .longest = longest,
        .prompts = whole ? std::max(prompt, std::min(options.prefill_tokens, at_once * prompt)) : 0,
        .draws = completions};
    const Index bytes = gppo::qwen3_decode_memory(shape, most);
    if (precision_of(c) == gppo::Precision::fp32) return bytes;
    const Index rows =
        std::min(gppo::filled_up(std::max(most.rows, most.prompts)), gppo::decode_rows_at_once);
    return bytes +
           2 * rows * std::max({shape.hidden_size, shape.query_width(), shape.intermediate_size}) +
           4 * most.prompts * (shape.query_width() + shape.key_value_width());
}

/// As a run will have it, if the device's memory is known.
Index sampled_at_once(const Config& c, const Qwen3Config& shape, Index completions, Index longest) {
    const Index memory = device_limit(c.run);
    const Index slots =
        memory > 0 ? device_slots(memory, longest, shape, precision_of(c)) : most_device_slots;
    return std::min(slots, completions);
}

/// What is there at a time. What run.offload names waits in the host's memory for its turn, and
/// the policy's gradients and activations make room for it, and for a rollout that none trains
/// beside.
Index peak(const Config& c, const DevicePlan& p) {
    const bool reference = offloads(c.run, "reference"), critic = offloads(c.run, "critic");
    const bool rests = !c.run.offload.empty() && !c.rl.pipeline;
    const Index stays = p.weights + p.moments + p.reward_model + p.sampler + p.workspace +
                        (rests ? 0 : p.key_values + p.decoding) + (reference ? 0 : p.reference) +
                        (critic ? 0 : p.critic);
    return stays + std::max({p.gradients + p.activations, rests ? p.key_values + p.decoding : 0,
                             reference ? p.reference : 0, critic ? p.critic : 0});
}

}  // namespace

bool offloads(const RunConfig& config, const std::string& part) {
    return std::find(config.offload.begin(), config.offload.end(), part) != config.offload.end();
}

DevicePlan device_plan(const Config& c, const std::string& kind, const Qwen3Config& shape,
                       const RankCount& ranks) {
    const MemoryPlan host = memory_plan(c, kind, shape, ranks);
    const auto m = gppo::qwen3_memory(shape);
    const bool rl = kind == "rl", reward = kind == "reward";
    const auto kept = gppo::activations_from_name(c.model.activations);
    const Index tokens = host.microbatch_tokens, longest = longest_sequence(c, kind);
    gppo::PassShape pass = full_pass(tokens, longest);
    pass.one_pass = c.model.logits == "kept";
    pass.rounds = precision_of(c) == gppo::Precision::bf16;
    gppo::PassShape values = pass;
    values.log_probs = false;
    const Index scores =
        m.weights + m.gradients + gppo::qwen3_pass_memory(shape, values, kept).total();

    const gppo::Precision stored = kept_weights(c);
    const Index policy = gppo::weight_bytes(shape, stored),
                norms = stored == gppo::Precision::bf16
                            ? gppo::norm_copy_bytes(gppo::qwen3_tensors(shape))
                            : 0;
    DevicePlan plan{.weights = policy};
    if (!reward) {
        plan.gradients = m.gradients;
        plan.activations = gppo::qwen3_pass_memory(shape, pass, kept).total();
        // This process steps adapters, and for several ranks where their GPUs do not reach others.
        if (!make_lora(c.lora) && !offloads(c.run, "moments")) plan.moments = host.moments;
    }
    if (host.reference > 0) plan.reference = policy + forward_only(shape, pass, true);
    if (reward || (rl && c.rl.advantage == "gae")) plan.critic = scores;
    if (host.reward_model > 0)
        plan.reward_model =
            m.weights +
            forward_only(shape, full_pass(std::max<Index>(reward_model_tokens, longest), longest),
                         false);
    if (host.completions > 0 && !uses_server(c.rollout) && samples_on_device(c.run)) {
        plan.completions_at_once = sampled_at_once(c, shape, host.completions, longest);
        plan.key_values = paged_bytes(plan.completions_at_once, longest, shape, precision_of(c));
        plan.decoding =
            decoding_bytes(c, shape, host.completions, plan.completions_at_once, longest);
        const bool as_they_are = reads_weights_as_they_are(shape, precision_of(c), stored);
        const Index copy = c.run.precision == "bf16" ? m.sampler / 2 : m.sampler;
        plan.sampler =
            (as_they_are ? 0 : copy) + norms + (rl && c.rl.pipeline ? policy - norms : 0);
    }
    plan.workspace =
        backend_workspace(c, shape, tokens, longest) + step_workspace(c, kind, m.parameters);
    plan.total = peak(c, plan);
    return plan;
}

nlohmann::ordered_json DevicePlan::to_json() const {
    return {{"weights", weights},           {"gradients", gradients}, {"moments", moments},
            {"activations", activations},   {"reference", reference}, {"critic", critic},
            {"reward_model", reward_model}, {"sampler", sampler},     {"key_values", key_values},
            {"decoding", decoding},         {"workspace", workspace}, {"total", total}};
}

Index device_limit(const RunConfig& config) {
    if (config.device_memory > 0) return static_cast<Index>(config.device_memory * (1 << 30));
    try {
        return cuda_memory();
    } catch (const gppo::Error&) {
        return 0;  // gppo plan also works where there is no GPU
    }
}

void expects_device_fits(const Config& config, const std::string& kind, const Qwen3Config& shape,
                         Index limit, bool at_longest, const RankCount& ranks) {
    if (!on_device(config.run)) {
        gppo::expects(
            config.run.offload.empty(),
            "run.offload goes with run.backend cuda or run.device cuda: elsewhere there is "
            "one memory");
        return;
    }
    const auto planned = [&](Config c) {
        DevicePlan plan = device_plan(c, kind, shape, ranks);
        if (at_longest) return plan;
        plan.key_values = plan.decoding = 0, plan.total = peak(c, plan);
        return plan;
    };
    const DevicePlan plan = planned(config);
    if (limit == 0 || plan.total <= limit) return;
    Config least = config;
    least.model.activations = least.model.logits = "recomputed";
    least.rl.microbatch_tokens = least.sft.microbatch_tokens = 1;  // then one sequence
    least.reward_model.microbatch_tokens = 1;
    least.run.offload = {"moments", "reference", "critic"};
    throw gppo::Error(kind + " takes " + bytes_text(plan.total) + " of the GPU and " +
                      bytes_text(limit) + " are there: " + parts_text(plan.to_json()) +
                      "; model.activations and logits = recomputed, microbatch_tokens of one "
                      "sequence and run.offload of "
                      "everything come to " +
                      bytes_text(planned(least).total) +
                      ", moments in bf16 or int8, shorter completions or a smaller model to less; "
                      "run.device_memory sets what is there");
}
