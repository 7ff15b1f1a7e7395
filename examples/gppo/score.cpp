// SPDX-License-Identifier: Apache-2.0
//
// gppo score math: JSON lines with "gold" and "pred" in, the same lines with a verdict out, so that
// anyone can check the verifier from any language. Order and unknown fields are kept.
//   {"id": 7, "gold": "1/2", "pred": "so \\boxed{0.5}"}
//   {"id": 7, "gold": "1/2", "pred": "so \\boxed{0.5}", "verdict": "equal", "reason": "the same
//   value"}
#include <gppo/core/error.hpp>
#include <gppo/data/jsonl.hpp>
#include <gppo/verify/maths.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

void add_score_command(CLI::App& app);
void add_score_code_command(CLI::App& score);  // score_code.cpp

namespace {

using Json = nlohmann::ordered_json;

struct ScoreOptions {
    std::string input = "-";
    std::string extract = "auto";
    std::string gold = "gold", pred = "pred";
};

/// The answer in a text that may be a bare answer, a GSM8K solution or a whole response. Nothing if
/// a box was begun and not finished, or if the thinking never ended.
std::optional<std::string_view> answer_in(std::string_view text) {
    const std::string_view rest = gppo::after_thinking(text);
    if (const auto box = gppo::last_box(rest)) return box;
    if (rest.find("\\boxed") != rest.npos || rest.find("\\fbox") != rest.npos) return std::nullopt;
    const auto answer = gppo::gsm8k_answer(rest);
    return answer ? answer : gppo::trimmed(rest);
}

gppo::Judgement judge(std::string_view gold, std::string_view pred, const std::string& extract) {
    if (extract == "box") return gppo::judge_maths(gold, pred);
    if (extract == "none") return gppo::compare_answers(gold, pred);
    const auto right = answer_in(gold), answer = answer_in(pred);
    if (!right) return {gppo::Verdict::unparsable, "no complete answer in the gold text"};
    if (!answer) return {gppo::Verdict::unparsable, "no complete answer"};
    return gppo::compare_answers(*right, *answer);
}

/// A field as text: a string, or the JSON of a number.
std::string field(const Json& row, const std::string& key) {
    gppo::expects(row.is_object() && row.contains(key), "no field \"" + key + "\"");
    const Json& value = row[key];
    gppo::expects(value.is_string() || value.is_number() || value.is_null(),
                  "field \"" + key + "\" is neither text nor a number");
    if (value.is_null()) return {};
    return value.is_string() ? value.get<std::string>() : value.dump();
}

void score_lines(const ScoreOptions& options) {
    gppo::LineReader lines(options.input == "-" ? "/dev/stdin" : options.input, 256u << 20);
    gppo::VerdictCounts counts;
    const gppo::JsonlOptions limits;
    for (std::string line; lines.next(line);) {
        if (gppo::trimmed(line).empty()) continue;
        try {
            gppo::expects(gppo::json_depth(line) <= limits.max_depth, "nested too deeply");
            Json row = Json::parse(line);
            const auto judged =
                judge(field(row, options.gold), field(row, options.pred), options.extract);
            counts.add(judged.verdict);
            row["verdict"] = gppo::verdict_name(judged.verdict);
            row["reason"] = judged.reason;
            std::cout << row.dump() << '\n';
        } catch (const std::exception& error) {
            const bool ours = dynamic_cast<const gppo::Error*>(&error) != nullptr;
            throw gppo::Error((options.input == "-" ? "stdin" : options.input) + ":" +
                              std::to_string(lines.row()) + ": " +
                              (ours ? error.what() : "not valid JSON"));
        }
    }
    std::cerr << "equal " << counts.equal << ", different " << counts.different << ", unparsable "
              << counts.unparsable << ", budget " << counts.budget << "\n";
}

}  // namespace

void add_score_command(CLI::App& app) {
    CLI::App* score = app.add_subcommand("score", "Judge answers as the rewards of training do");
    score->require_subcommand(1);
    CLI::App* math = score->add_subcommand(
        "math", "JSON lines with gold and pred in, the same with verdict and reason out");
    const auto o = std::make_shared<ScoreOptions>();
    math->add_option("input", o->input, "JSONL file, or - for standard input")
        ->capture_default_str();
    math->add_option(
            "--extract", o->extract,
            "Where the answer is: box (as in training), none (the whole text), auto (the last box, "
            "what follows ####, or else the whole text)")
        ->check(CLI::IsMember({"auto", "box", "none"}))
        ->capture_default_str();
    math->add_option("--gold-key", o->gold, "Field of the right answer")->capture_default_str();
    math->add_option("--pred-key", o->pred, "Field of the answer to judge")->capture_default_str();
    math->callback([o] { score_lines(*o); });
    add_score_code_command(*score);
}
