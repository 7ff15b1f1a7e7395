// SPDX-License-Identifier: Apache-2.0
//
// gppo sft: supervised fine-tuning on written-out responses. Loss: mean negative log-prob of the
// response tokens of a step.
#include "commands.hpp"
#include "evaluate.hpp"
#include "stages.hpp"

#include <gppo/train/schedule.hpp>

#include <algorithm>

namespace {

/// The step's loss. Gradients are left in the model.
double learn(Run& run, const std::vector<Example>& examples) {
    const SftConfig& c = run.config.sft;
    std::vector<Lesson> lessons;
    std::vector<Index> first_token{0};
    std::vector<std::uint8_t> learnt;  // what a tool wrote is read and not learnt
    for (const Example& example : examples) {
        lessons.push_back({example.prompt, example.response});
        if (example.mask.empty())
            learnt.resize(learnt.size() + example.response.size(), 1);
        else
            learnt.insert(learnt.end(), example.mask.begin(), example.mask.end());
        first_token.push_back(static_cast<Index>(learnt.size()));
    }
    const auto tokens = std::count(learnt.begin(), learnt.end(), std::uint8_t{1});
    Model& model = run.learner.model;
    model.zero_gradients();
    double loss = 0;
    std::vector<float> logp, dlogp;
    for_own_microbatches(
        *run.ranks, lessons, c.microbatch_tokens, run.packed,
        [&](Index first, const gppo::PackedBatch& batch) {
            logp.resize(batch.targets.size());
            dlogp.assign(batch.targets.size(), -1.0f / static_cast<float>(tokens));
            const auto* on =
                &learnt[static_cast<std::size_t>(first_token[static_cast<std::size_t>(first)])];
            for (std::size_t t = 0; t < dlogp.size(); ++t)
                if (on[t] == 0) dlogp[t] = 0.0f;
            if (run.config.model.logits == "recomputed") {
                forward(model, batch, 1.0f, logp);
                backward(model, gppo::View<const float>(dlogp));
            } else {
                learn(model, batch, 1.0f, logp, {}, dlogp, {}, [](Index, Index) {});
            }
            for (std::size_t t = 0; t < logp.size(); ++t)
                if (on[t] != 0) loss -= static_cast<double>(logp[t]) / static_cast<double>(tokens);
        });
    return run.ranks->sum(loss);
}

void step(Run& run, const gppo::Schedule& schedule) {
    const SftConfig& c = run.config.sft;
    const Clock clock;
    std::vector<Example> examples;
    Index tokens = 0;
    for (Index i = 0; i < c.batch; ++i) {
        examples.push_back(run.task.training(run.stream(sft_stream), run.state.position++));
        gppo::expects(!examples.back().response.empty(), [&] {
            return "row " + std::to_string(examples.back().record.row) +
                   " has no response to learn from: gppo sft needs rows with a response, an answer "
                   "with its working "
                   "or an assistant message";
        });
        const auto length =
            static_cast<Index>(examples.back().prompt.size() + examples.back().response.size());
        const Index context = run.learner.model.config().max_position_embeddings;
        gppo::expects(length <= context, [&] {
            return "row " + std::to_string(examples.back().record.row) +
                   ": prompt and response have " + std::to_string(length) +
                   " tokens, the model's max_position_embeddings is " + std::to_string(context) +
                   ": shorten them or raise it";
        });
        tokens += length;
    }
    const double lr = schedule(run.learner.count.updates);
    const double loss = learn(run, examples);
    const double norm = run.learner.update(adamw_options(c, lr), c.clip_norm);
    const double seconds = clock.seconds();

    gppo::Metrics metrics = run.begin_metrics();
    metrics["train/loss"] = loss;
    metrics["actor/grad_norm"] = norm;
    metrics["actor/lr"] = lr;
    if (run.tool) {
        Index masked = 0;
        for (const Example& example : examples)
            masked += std::count(example.mask.begin(), example.mask.end(), std::uint8_t{0});
        metrics["tool/masked_tokens"] = static_cast<double>(masked);
    }
    metrics["train/skipped_steps"] = static_cast<double>(run.learner.count.skipped);
    metrics["perf/total_num_tokens"] = static_cast<double>(tokens);
    metrics["perf/throughput"] = static_cast<double>(tokens) / seconds;
    metrics["timing_s/step"] = seconds;
    run.log(metrics);
    run.show({.step = run.state.step,
              .total = c.steps,
              .loss = loss,
              .tokens_per_second = static_cast<double>(tokens) / seconds});
}

}  // namespace

void train_sft(const Config& config, const StageOptions& options) {
    Run run(config, "sft", options);
    const SftConfig& c = config.sft;
    const gppo::Schedule schedule = schedule_of(c, c.steps);
    if (run.already_done(c.steps)) return;
    if (run.state.step == 0 && !run.enters()) return run.finish();
    while (run.goes_on(c.steps)) {
        run.next_step();
        step(run, schedule);
        if (c.eval_every > 0 && run.state.step % c.eval_every == 0 && run.state.step < c.steps)
            evaluate(run, run.state.stage), run.check_end();
        if (run.due_for_saving() && run.state.step < c.steps && !run.state.early) run.save();
    }
    run.end(c.steps);
}

void add_sft_command(CLI::App& app) {
    add_stage_command(app, "sft", "Fine-tune on written-out responses", train_sft);
}
