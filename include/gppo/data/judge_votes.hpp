// SPDX-License-Identifier: Apache-2.0
//
// Votes of a language model on a row, through an OpenAI-compatible endpoint: the request and what
// its answers say. Skywork-OR1 (2505.22312) asks 32 times and keeps rows with 9 votes or more. Each
// answer is one vote: the last "yes" or "no" after its thinking; an answer with neither is none.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/chat_answers.hpp>
#include <gppo/data/question_rules.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

struct JudgeQuestion {
    std::string model{};
    /// {text} stands for what the row asks.
    std::string text =
        "Read the problem below. Is it complete, clear and free of errors, with exactly one answer "
        "that can be checked? Finish with the single word yes or no.\n\n{text}";
    Index votes = 32;
    double temperature = 1;
    Index max_tokens = 2048;
};

struct JudgeVotes {
    Index yes = 0, no = 0, none = 0;
};

/// The body of POST /chat/completions.
inline nlohmann::json judge_request(const JudgeQuestion& question, std::string_view row_text) {
    const auto place = question.text.find("{text}");
    expects(place != question.text.npos, "the judge's question has no {text} for the row's text");
    return chat_request({question.model, question.votes, question.temperature, question.max_tokens},
                        filled_in(question.text, "text", row_text));
}

/// The vote of one answer.
inline std::optional<bool> vote_of(std::string_view answer) {
    const auto thought = answer.rfind("</think>");
    if (thought != answer.npos) answer = answer.substr(thought + 8);
    const auto last = [&](std::string_view word) {
        std::size_t found = answer.npos;
        for (auto at = question_rules::find_word(answer, word); at != answer.npos;
             at = question_rules::find_word(answer, word, at + 1))
            found = at;
        return found;
    };
    const std::size_t yes = last("yes"), no = last("no");
    if (yes == answer.npos && no == answer.npos) return std::nullopt;
    return yes != answer.npos && (no == answer.npos || yes > no);
}

/// The votes in the answer of the endpoint. Throws Error if it is not of the expected form or has
/// another number of choices than was asked for.
inline JudgeVotes read_votes(std::string_view body, Index expected) {
    JudgeVotes votes;
    for (const std::string& text : read_chat_answers(body, expected, "judge")) {
        const auto vote = vote_of(text);
        ++(!vote ? votes.none : *vote ? votes.yes : votes.no);
    }
    return votes;
}

}  // namespace gppo
