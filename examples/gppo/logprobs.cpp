// SPDX-License-Identifier: Apache-2.0
//
// gppo logprobs: what a model thinks of given completions, token by token. JSON lines in, the same
// lines with the fields logprobs, entropies and logprob_sum out; the output of gppo generate will
// do as input. Token ids are taken as they are; text is tokenised.
#include "commands.hpp"
#include "inference.hpp"
#include "json_lines.hpp"
#include "learner.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <numeric>

namespace {

struct LogprobsOptions {
    std::string input = "-";
    double temperature = 1.0;
    Index microbatch_tokens = 4096;
};

/// One row of the input and where its completion begins.
struct Scored {
    std::string line;
    OrderedJson row;
    std::vector<std::int32_t> prompt, completion;
};

std::vector<std::int32_t> ids_of(const OrderedJson& value, const char* name,
                                 const Inference& inference) {
    if (value.is_string()) return inference.tokenizer.encode(value.get<std::string>());
    gppo::expects(value.is_array(),
                  [&] { return std::string(name) + " is neither text nor token ids"; });
    std::vector<std::int32_t> ids;
    for (const OrderedJson& each : value) {
        gppo::expects(in_vocabulary(each, inference.shape.vocab_size), [&] {
            return std::string(name) + " has " + each.dump() + ", which is no token of this model";
        });
        ids.push_back(each.get<std::int32_t>());
    }
    return ids;
}

Scored scored_of(const std::string& line, const Inference& inference) {
    const OrderedJson row = OrderedJson::parse(line);
    const char* const completion = row.contains("tokens") ? "tokens" : "completion";
    for (const char* name : {"prompt", completion})
        gppo::expects(row.contains(name), [&] { return "no field \"" + std::string(name) + "\""; });
    Scored scored{line, row, ids_of(row["prompt"], "prompt", inference),
                  ids_of(row[completion], completion, inference)};
    gppo::expects(!scored.prompt.empty() && !scored.completion.empty(),
                  "an empty prompt or completion has no log-probs");
    const Index tokens = static_cast<Index>(scored.prompt.size() + scored.completion.size()),
                context = inference.shape.max_position_embeddings;
    gppo::expects(tokens <= context, [&] {
        return std::to_string(tokens) + " tokens, the model's max_position_embeddings is " +
               std::to_string(context);
    });
    return scored;
}

/// Scores the rows in one pass, writes and forgets them.
void write_scored(std::vector<Scored>& rows, Inference& inference, double temperature) {
    if (rows.empty()) return;
    gppo::PackedBatch packed;
    for (const Scored& row : rows) packed.add(row.prompt, row.completion);
    std::vector<float> logp(packed.targets.size()), entropy(packed.targets.size());
    forward(*inference.model, packed, static_cast<float>(temperature), logp, entropy);
    for (std::size_t b = 0; b < rows.size(); ++b) {
        const auto part = [&](const std::vector<float>& all) {
            return std::vector<float>(all.begin() + packed.target_offsets[b],
                                      all.begin() + packed.target_offsets[b + 1]);
        };
        const std::vector<float> logprobs = part(logp);
        const OrderedJson added{
            {"logprobs", logprobs},
            {"entropies", part(entropy)},
            {"logprob_sum", std::accumulate(logprobs.begin(), logprobs.end(), 0.0)}};
        std::cout << with_fields(rows[b].line, added, [&](const std::string& name) {
            return rows[b].row.contains(name);
        }) << '\n';
    }
    rows.clear();
}

void logprobs(const Config& config, const LogprobsOptions& options) {
    Inference inference(config, Inference::Use::scoring);
    std::vector<Scored> rows;
    Index tokens = 0;
    for_each_json_line(options.input, [&](const std::string& line, Index) {
        Scored row = scored_of(line, inference);
        const auto more = static_cast<Index>(row.prompt.size() + row.completion.size());
        if (tokens + more > options.microbatch_tokens) {
            write_scored(rows, inference, options.temperature);
            tokens = 0;
        }
        rows.push_back(std::move(row));
        tokens += more;
    });
    write_scored(rows, inference, options.temperature);
}

}  // namespace

void add_logprobs_command(CLI::App& app) {
    const auto o = std::make_shared<LogprobsOptions>();
    CLI::App* command = add_config_command(
        app, "logprobs",
        "Log-probs and entropies of given completions: JSON lines with prompt and tokens (or "
        "completion) in, the same with logprobs, entropies and logprob_sum out",
        false, [o](const Config& config, bool) { logprobs(config, *o); });
    command->add_option("input", o->input, "JSONL file, or - for standard input")
        ->capture_default_str();
    command->add_option("--temperature", o->temperature, "Divides the logits")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--microbatch-tokens", o->microbatch_tokens, "Tokens in one pass, about")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}
