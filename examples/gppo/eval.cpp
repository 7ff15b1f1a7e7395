// SPDX-License-Identifier: Apache-2.0
//
// gppo eval: pass@1, avg@k and pass@k of a model on held-out prompts, as one JSON object.
#include "commands.hpp"
#include "evaluate.hpp"
#include "inference.hpp"

#include <cstdio>
#include <iostream>

namespace {

void eval(const Config& config, const std::string& samples_path) {
    const Inference inference(config);
    const Task task(config, inference.tokenizer, Task::Use::evaluation);
    const EvalConfig& c = config.eval;
    const std::vector<Example> examples = task.held_out(c.prompts);
    gppo::expects(!examples.empty(),
                  "there is no held-out prompt: set task.eval, or task.held_out above 0");
    const Clock clock;
    Grader grader(config.reward, config.sandbox);
    if (const std::string directory = reward_model_directory(config); !directory.empty())
        grader.use_model(scores_of(directory, inference.backend, inference.tokenizer));
    gppo::expects(!grader.needs_model() || grader.has_model(),
                  "reward part model: no reward model; train one with gppo reward, or set "
                  "reward_model.path");
    const Sampler sampler{inference.complete,
                          inference.tokenizer,
                          grader,
                          with_end_tokens(sampling_of(c, inference.tokenizer), inference.directory),
                          c.max_new_tokens,
                          evaluation_seed(config)};
    const auto judged = sampler(examples, c.samples, 0);
    const Outcome o = outcome_of(judged, c.samples);
    if (!samples_path.empty()) {
        std::string lines;
        for (const Judged& each : judged)
            lines += gppo::sample_line(sample_of(0, each, "eval", grader.part_names())) + '\n';
        gppo::write_file(samples_path, lines);
    }
    const std::string k = std::to_string(c.samples);
    nlohmann::ordered_json verdicts;
    for (const auto& [name, count] : count_verdicts(judged)) verdicts[name] = count;
    nlohmann::ordered_json result = {{"model", inference.directory},
                                     {"task", task.name()},
                                     {"prompts", o.prompts},
                                     {"samples", o.samples},
                                     {"avg@" + k, o.average},
                                     {"low", o.interval.low},
                                     {"high", o.interval.high},
                                     {"pass@" + k, o.pass_at},
                                     {"response_length", o.length},
                                     {"truncated", o.truncated},
                                     {"unparsable", o.unparsable},
                                     {"passed", o.passed},
                                     {"infra", o.infra},
                                     {"verdicts", verdicts},
                                     {"seconds", clock.seconds()}};
    if (grader.has_model() && c.samples > 1) result["best@" + k] = o.best;
    std::cout << result.dump(2) << '\n';
}

}  // namespace

void add_eval_command(CLI::App& app) {
    const auto samples = std::make_shared<std::string>();
    CLI::App* command = add_config_command(
        app, "eval", "Measure pass@1, avg@k and pass@k of a model on held-out prompts", false,
        [samples](const Config& config, bool) { eval(config, *samples); });
    command->add_option("--samples", *samples,
                        "Also write every completion and its score to this JSONL file");
}
