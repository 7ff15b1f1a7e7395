// SPDX-License-Identifier: Apache-2.0
//
// Votes of a language model on a row, through an OpenAI-compatible endpoint: the request and what
// its answers say. Skywork-OR1 (2505.22312) asks 32 times and keeps rows with 9 votes or more. Each
// answer is one vote: the last "yes" or "no" after its thinking; an answer with neither is none.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
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
    std::string text = question.text;
    const auto place = text.find("{text}");
    expects(place != text.npos, "the judge's question has no {text} for the row's text");
    text.replace(place, 6, row_text);
    nlohmann::json body{{"messages", {{{"role", "user"}, {"content", text}}}},
                        {"n", question.votes},
                        {"temperature", question.temperature},
                        {"max_tokens", question.max_tokens}};
    if (!question.model.empty()) body["model"] = question.model;
    return body;
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
    const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
    expects(answer.is_object() && answer.contains("choices") && answer["choices"].is_array(),
            "the judge's answer has no list \"choices\"");
    const nlohmann::json& choices = answer["choices"];
    expects(static_cast<Index>(choices.size()) == expected, [&] {
        return "the judge gave " + std::to_string(choices.size()) + " votes of " +
               std::to_string(expected) + ": does the server support n?";
    });
    JudgeVotes votes;
    for (const nlohmann::json& choice : choices) {
        const auto content = nlohmann::json::json_pointer("/message/content");
        const bool text = choice.contains(content) && choice[content].is_string();
        const auto vote = text ? vote_of(choice[content].get_ref<const std::string&>())
                               : std::optional<bool>();  // null: cut off while it thought
        ++(!vote ? votes.none : *vote ? votes.yes : votes.no);
    }
    return votes;
}

}  // namespace gppo
