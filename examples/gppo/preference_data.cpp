// SPDX-License-Identifier: Apache-2.0
#include "preference_data.hpp"

#include "evaluate.hpp"
#include "json_lines.hpp"

#include <gppo/core/file.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/data/preference_pairs.hpp>
#include <gppo/data/rows.hpp>
#include <gppo/text/chat_template.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

namespace {

/// Whether a prompt's pairs are kept for measuring: by prompt, so that none is on both sides.
bool is_held_out(const Run& run, std::uint64_t prompt) {
    return gppo::Philox{static_cast<std::uint64_t>(run.config.run.seed)}.uniform(
               0x68656C64u, prompt) < static_cast<float>(run.config.reward_model.held_out);
}

std::vector<PreferencePair> sampled_pairs(Run& run) {
    const RewardModelConfig& c = run.config.reward_model;
    const RlConfig& sampling = run.config.rl;
    const auto seed = static_cast<std::uint64_t>(run.config.run.seed) ^ 0x726D6F64u;
    std::vector<Example> examples;
    for (Index p = 0; p < c.prompts; ++p) examples.push_back(run.task.training(reward_stream, p));
    const Sampler sampler{run.complete(),
                          run.tokenizer,
                          run.grader,
                          sampling_of(sampling, run.tokenizer),
                          sampling.max_new_tokens,
                          seed,
                          run.ranks.get()};
    const std::vector<Judged> judged = sampler(examples, c.samples, 0);
    const gppo::PairRule rule{.gap = static_cast<float>(c.gap),
                              .chosen_from = static_cast<float>(c.chosen_from),
                              .most = c.pairs_per_prompt};
    std::vector<PreferencePair> pairs;
    for (std::size_t p = 0; p < examples.size(); ++p) {
        std::vector<float> rates;
        std::vector<const Judged*> members;
        for (std::size_t g = 0; g < static_cast<std::size_t>(c.samples); ++g) {
            const Judged& each = judged[p * static_cast<std::size_t>(c.samples) + g];
            if (each.score.infra) continue;
            members.push_back(&each);
            rates.push_back(each.score.passed);
        }
        for (const auto& [chosen, rejected] : gppo::preference_pairs(rates, rule, seed, p)) {
            const Judged& good = *members[static_cast<std::size_t>(chosen)];
            const Judged& bad = *members[static_cast<std::size_t>(rejected)];
            pairs.push_back({examples[p].prompt, good.completion.tokens, bad.completion.tokens,
                             is_held_out(run, p), examples[p].prompt_text, good.text, bad.text});
        }
    }
    gppo::expects(!pairs.empty(),
                  "no two completions of a prompt are reward_model.gap apart: sample more with "
                  "reward_model.prompts or reward_model.samples, or lower the gap");
    return pairs;
}

/// A row {prompt, chosen, rejected}: text, or a prompt of messages.
PreferencePair pair_of(const Run& run, const nlohmann::json& row, std::uint64_t number) {
    for (const char* key : {"prompt", "chosen", "rejected"})
        gppo::expects(row.contains(key), [&] {
            return "a pair needs the fields prompt, chosen and rejected; " + std::string(key) +
                   " is missing";
        });
    const auto messages = gppo::prompt_of(row["prompt"]);
    PreferencePair pair;
    pair.prompt_text = run.config.task.chat_template
                           ? gppo::render(messages, {.add_generation_prompt = true})
                           : messages.back().content;
    pair.chosen_text = gppo::text_of(row, "chosen");
    pair.rejected_text = gppo::text_of(row, "rejected");
    pair.prompt = run.tokenizer.encode(pair.prompt_text);
    for (auto [text, ids] : {std::pair{&pair.chosen_text, &pair.chosen},
                             std::pair{&pair.rejected_text, &pair.rejected}}) {
        *ids = run.tokenizer.encode(*text);
        ids->push_back(end_token(run.tokenizer));
    }
    pair.held_out = is_held_out(run, number);
    return pair;
}

std::vector<PreferencePair> pairs_of_files(const Run& run) {
    std::vector<PreferencePair> pairs;
    for (const std::string& path : run.config.reward_model.pairs)
        for_each_json_line(path, [&](const std::string& line, auto) {
            pairs.push_back(pair_of(run, nlohmann::json::parse(line), pairs.size()));
        });
    gppo::expects(!pairs.empty(), "reward_model.pairs holds no pair");
    return pairs;
}

std::string lines_of(const std::vector<PreferencePair>& pairs) {
    std::string lines;
    for (const PreferencePair& p : pairs) {
        const nlohmann::ordered_json row = {
            {"prompt", p.prompt_text},   {"chosen", p.chosen_text}, {"rejected", p.rejected_text},
            {"held_out", p.held_out},    {"prompt_ids", p.prompt},  {"chosen_ids", p.chosen},
            {"rejected_ids", p.rejected}};
        lines += row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    }
    return lines;
}

PreferencePair kept_pair(const std::string& line) {
    const auto row = nlohmann::json::parse(line);
    return {row.at("prompt_ids"), row.at("chosen_ids"), row.at("rejected_ids"), row.at("held_out"),
            row.at("prompt"),     row.at("chosen"),     row.at("rejected")};
}

std::vector<PreferencePair> kept_pairs(const std::string& path) {
    std::vector<PreferencePair> pairs;
    for_each_json_line(path,
                       [&](const std::string& line, auto) { pairs.push_back(kept_pair(line)); });
    return pairs;
}

/// Those of rank 0, which alone reads files.
std::vector<PreferencePair> told_pairs(Ranks& ranks, std::vector<PreferencePair> pairs) {
    if (ranks.alone()) return pairs;
    std::istringstream lines(ranks.broadcast(ranks.leads() ? lines_of(pairs) : std::string()));
    if (ranks.leads()) return pairs;
    pairs.clear();
    for (std::string line; std::getline(lines, line);) pairs.push_back(kept_pair(line));
    return pairs;
}

/// Those that a stage begins with, kept in `path`.
std::vector<PreferencePair> new_pairs(Run& run, const std::string& path) {
    const bool sampled = run.config.reward_model.pairs.empty();  // by all ranks
    if (!sampled && !run.ranks->leads()) return {};
    auto pairs = sampled ? sampled_pairs(run) : pairs_of_files(run);
    const Index context = run.learner.model.config().max_position_embeddings;
    std::erase_if(pairs, [&](const PreferencePair& p) {
        const auto longest = std::max(p.chosen.size(), p.rejected.size());
        return static_cast<Index>(p.prompt.size() + longest) > context;
    });
    gppo::expects(!pairs.empty(), "every pair is longer than the model's context");
    if (run.ranks->leads()) gppo::write_file(path, lines_of(pairs));
    return pairs;
}

}  // namespace

std::vector<PreferencePair> preference_data(Run& run) {
    const std::string path = run.config.run.dir + "/pairs.jsonl";
    if (run.state.step == 0) return told_pairs(*run.ranks, new_pairs(run, path));
    return told_pairs(*run.ranks,
                      run.ranks->leads() ? kept_pairs(path) : std::vector<PreferencePair>());
}
