// SPDX-License-Identifier: Apache-2.0
//
// Whether a row's answers can be judged by rule: the gold answer read by the verifier that training
// will use, and the share of a model's responses that it can read. Skywork-OR1 (2505.22312) keeps
// rows whose answer can be extracted; Klear-Reasoner (2508.07629) keeps problems in mathematics for
// which most of 16 responses parse.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/record.hpp>
#include <gppo/data/source.hpp>
#include <gppo/verify/code_rows.hpp>
#include <gppo/verify/maths.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

/// Whether an answer is a sentence: three words with only blanks between, two of them longer than a
/// letter, and no digit anywhere. The maths verifier reads letters as variables, so words make a
/// product that no response would ever equal.
constexpr bool is_prose(std::string_view answer) noexcept {
    const auto letter = [&](std::size_t i) {
        return i < answer.size() &&
               ((answer[i] >= 'a' && answer[i] <= 'z') || (answer[i] >= 'A' && answer[i] <= 'Z'));
    };
    int words = 0, longer = 0;
    bool prose = false;
    for (std::size_t at = 0; at < answer.size();) {
        if (answer[at] >= '0' && answer[at] <= '9') return false;
        std::size_t end = at;
        while (letter(end)) ++end;
        if (end > at && !(at > 0 && answer[at - 1] == '\\')) {  // \text is no word, its text is
            ++words;
            longer += end - at >= 2;
            prose |= words >= 3 && longer >= 2;
        } else if (answer[at] != ' ') {
            words = longer = 0;
        }
        at = end > at ? end : at + 1;
    }
    return prose;
}

/// Why the verifier cannot read the gold answer of a record; "" where it can. Throws Error for a
/// data_source without verifier.
inline std::string unreadable_answer(const Record& record) {
    if (verifier_of(record) == Verifier::code) {
        try {
            return read_code_tests(parse_tests(record.raw.dump())).size() == 0 ? "no tests" : "";
        } catch (const Error&) {
            return "unreadable tests";
        }
    }
    if (trimmed(record.gold).empty()) return "no gold answer";
    if (is_prose(record.gold)) return "answer in words";
    // Any answer will do: what is asked is whether the gold one can be read.
    const Judgement judged = compare_answers(record.gold, "0");
    if (judged.verdict == Verdict::unparsable) return "unreadable answer";
    return judged.verdict == Verdict::budget ? "answer over the budget" : "";
}

/// Share of the responses, texts in a list, from which the verifier reads an answer in maths.
/// Throws Error if it is no list of texts, or empty.
inline double readable_share(const nlohmann::json& responses, std::string_view gold) {
    expects(responses.is_array() && !responses.empty(), "the responses are not a list, or empty");
    std::size_t readable = 0;
    for (const nlohmann::json& response : responses) {
        expects(response.is_string(), "a response is not text");
        const Verdict verdict = judge_maths(gold, response.get_ref<const std::string&>()).verdict;
        readable += verdict == Verdict::equal || verdict == Verdict::different;
    }
    return static_cast<double>(readable) / static_cast<double>(responses.size());
}

}  // namespace gppo
