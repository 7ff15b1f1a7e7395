// SPDX-License-Identifier: Apache-2.0
//
// gppo generate: completions of prompts, as JSON lines with token ids and log-probs. Sampling is
// that of [eval].
#include "commands.hpp"
#include "evaluate.hpp"
#include "inference.hpp"

#include <gppo/data/jsonl.hpp>
#include <gppo/text/chat_template.hpp>

#include <algorithm>
#include <iostream>
#include <optional>

namespace {

struct GenerateOptions {
    Strings prompts;
    bool chat = false;
    bool best = false;
};

/// The prompts of --prompt, else one a line of standard input: JSON {"prompt": text} or plain text.
Strings read_prompts(const GenerateOptions& options) {
    if (!options.prompts.empty()) return options.prompts;
    Strings prompts;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.empty()) continue;
        const auto row =
            line.front() == '{' ? nlohmann::json::parse(line, nullptr, false) : nlohmann::json();
        if (line.front() == '{')
            gppo::expects(row.is_object() && row.contains("prompt") && row["prompt"].is_string(),
                          [&] {
                              return "standard input, line " + std::to_string(prompts.size() + 1) +
                                     ": not a JSON object with a text \"prompt\"";
                          });
        prompts.push_back(row.is_object() ? row["prompt"].get<std::string>() : line);
    }
    gppo::expects(!prompts.empty(),
                  "no prompt: pass --prompt, or prompts on standard input, one a line");
    return prompts;
}

/// Which completion of a prompt is best: by the reward model where there is one, else by its mean
/// log-prob.
std::size_t best_of(std::span<const gppo::Served> group, const gppo::Request& request,
                    const RewardModel* model) {
    if (model != nullptr) {
        std::vector<Lesson> sequences;
        for (const gppo::Served& each : group)
            sequences.push_back({request.prompt, each.completion.tokens});
        const std::vector<float> scores = (*model)(sequences);
        return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) -
                                        scores.begin());
    }
    std::vector<gppo::Completion> completions;
    for (const gppo::Served& each : group) completions.push_back(each.completion);
    return gppo::likeliest(completions);
}

void generate(const Config& config, const GenerateOptions& options) {
    const Inference inference(config);
    const EvalConfig& c = config.eval;
    const Strings prompts = read_prompts(options);
    std::vector<gppo::Request> requests;
    for (const std::string& prompt : prompts) {
        const std::string text =
            options.chat ? gppo::render(std::vector<gppo::Message>{{"user", prompt}}) : prompt;
        requests.push_back({.prompt = inference.tokenizer.encode(text),
                            .id = requests.size(),
                            .max_new_tokens = static_cast<int>(c.max_new_tokens)});
    }
    const gppo::Sampling sampling =
        with_end_tokens(sampling_of(c, inference.tokenizer), inference.directory);
    const auto completions = inference.complete(requests, c.samples, sampling,
                                                static_cast<std::uint64_t>(config.run.seed));
    const std::string scorer = options.best ? reward_model_directory(config) : std::string();
    std::optional<RewardModel> model;
    if (!scorer.empty()) model.emplace(scorer, inference.backend, inference.tokenizer);
    for (std::size_t p = 0; p < prompts.size(); ++p) {
        std::span<const gppo::Served> shown = completions[p];
        if (options.best)
            shown = shown.subspan(best_of(shown, requests[p], model ? &*model : nullptr), 1);
        for (const auto& [each, aborted, weights] : shown) {
            nlohmann::ordered_json row = {
                {"prompt", prompts[p]},
                {"completion", inference.tokenizer.decode(each.tokens, true)},
                {"finish", each.finish == gppo::Finish::stop ? "stop" : "length"},
                {"tokens", each.tokens},
                {"logp", each.logp}};
            if (!weights.empty()) row["weights"] = weights;
            std::cout << row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        }
    }
}

}  // namespace

void add_generate_command(CLI::App& app) {
    const auto options = std::make_shared<GenerateOptions>();
    CLI::App* command = add_config_command(
        app, "generate", "Complete prompts; sampling as in [eval], eval.samples completions each",
        false, [options](const Config& config, bool) { generate(config, *options); });
    command->add_option("-p,--prompt", options->prompts,
                        "A prompt (repeatable); otherwise standard input, one a line");
    command->add_flag("--best", options->best,
                      "Only the best completion of each prompt: by the reward model, or without "
                      "one by mean log-prob");
    command->add_flag("--chat", options->chat, "Wrap each prompt in Qwen's chat template");
}
