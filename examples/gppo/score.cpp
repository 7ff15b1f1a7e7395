// SPDX-License-Identifier: Apache-2.0
//
// gppo score math: JSON lines with "gold" and "pred" in, the same lines with a verdict out, so that
// anyone can check the verifier from any language. Order and unknown fields are kept, byte by byte.
//   {"id": 7, "gold": "1/2", "pred": "so \\boxed{0.5}"}
//   {"id": 7, "gold": "1/2", "pred": "so \\boxed{0.5}", "verdict": "equal", "reason": "the same
//   value"}
#include "json_lines.hpp"

#include <gppo/verify/maths.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

void add_score_command(CLI::App& app);
void add_score_code_command(CLI::App& score);  // score_code.cpp

namespace {

struct ScoreOptions {
    std::string input = "-";
    std::string extract = "auto";
    std::string gold = "gold", pred = "pred";
};

/// The answer in a text that may be a bare answer, a GSM8K solution or a whole response. Nothing if
/// a box was begun and not finished, or if the thinking never ended.
std::optional<std::string> answer_in(std::string_view text) {
    const std::string_view rest = gppo::after_thinking(text);
    if (auto boxes = gppo::joined_boxes(rest)) return boxes;
    if (rest.find("\\boxed") != rest.npos || rest.find("\\fbox") != rest.npos) return std::nullopt;
    const auto answer = gppo::gsm8k_answer(rest);
    return std::string(answer ? *answer : gppo::trimmed(rest));
}

gppo::Judgement judge(std::string_view gold, std::string_view pred, const std::string& extract) {
    if (extract == "box") return gppo::judge_maths(gold, pred);
    if (extract == "none") return gppo::compare_answers(gold, pred);
    const auto right = answer_in(gold), answer = answer_in(pred);
    if (!right) return {gppo::Verdict::unparsable, "no complete answer in the gold text"};
    if (!answer) return {gppo::Verdict::unparsable, "no complete answer"};
    return gppo::compare_answers(*right, *answer);
}

/// The text of some fields of a JSON object: strings, and numbers as they are written, since
/// 12345678901234567890123 is no double. null is the empty text.
class Fields : public nlohmann::json_sax<OrderedJson> {
  public:
    explicit Fields(std::vector<std::string> wanted) : wanted_(std::move(wanted)) {}

    std::string operator[](const std::string& key) const {
        const auto at = found_.find(key);
        gppo::expects(at != found_.end(), "no field \"" + key + "\"");
        gppo::expects(at->second.has_value(), "field \"" + key + "\" is neither text nor a number");
        return *at->second;
    }
    bool has(const std::string& key) const { return found_.contains(key); }

    bool null() override { return keep(""); }
    bool boolean(bool) override { return keep(std::nullopt); }
    bool number_integer(std::int64_t value) override { return keep(std::to_string(value)); }
    bool number_unsigned(std::uint64_t value) override { return keep(std::to_string(value)); }
    bool number_float(double, const std::string& written) override { return keep(written); }
    bool string(std::string& value) override { return keep(value); }
    bool binary(binary_t&) override { return keep(std::nullopt); }
    bool start_object(std::size_t) override { return keep(std::nullopt), ++depth_, true; }
    bool start_array(std::size_t) override { return keep(std::nullopt), ++depth_, true; }
    bool end_object() override { return --depth_, true; }
    bool end_array() override { return --depth_, true; }
    bool key(std::string& name) override {
        if (depth_ == 1) key_ = name;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }

  private:
    bool keep(std::optional<std::string> value) {
        gppo::expects(depth_ > 0 || !value, "not an object");
        if (depth_ == 1 && std::find(wanted_.begin(), wanted_.end(), key_) != wanted_.end())
            found_[key_] = std::move(value);
        return true;
    }

    std::vector<std::string> wanted_;
    std::map<std::string, std::optional<std::string>> found_;
    std::string key_;
    int depth_ = 0;
};

void score_lines(const ScoreOptions& options) {
    gppo::VerdictCounts counts;
    for_each_json_line(options.input, [&](const std::string& line, gppo::Index) {
        Fields fields({options.gold, options.pred, "verdict", "reason"});
        gppo::expects(OrderedJson::sax_parse(line, &fields), "not valid JSON");
        const auto judged = judge(fields[options.gold], fields[options.pred], options.extract);
        counts.add(judged.verdict);
        const OrderedJson added{{"verdict", gppo::verdict_name(judged.verdict)},
                                {"reason", judged.reason}};
        std::cout << with_fields(line, added, [&](const auto& name) { return fields.has(name); })
                  << '\n';
    });
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
