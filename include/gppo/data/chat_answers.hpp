// SPDX-License-Identifier: Apache-2.0
//
// A question to a language model through an OpenAI-compatible endpoint, and its answers: the body
// of POST /chat/completions and the texts of what comes back.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct ChatSampling {
    std::string model{};  ///< "" leaves the choice to the server
    Index answers = 1;
    double temperature = 1;
    Index max_tokens = 2048;
};

inline nlohmann::json chat_request(const ChatSampling& sampling, std::string_view text) {
    nlohmann::json body{{"messages", {{{"role", "user"}, {"content", text}}}},
                        {"n", sampling.answers},
                        {"temperature", sampling.temperature},
                        {"max_tokens", sampling.max_tokens}};
    if (!sampling.model.empty()) body["model"] = sampling.model;
    return body;
}

/// The texts in the endpoint's answer; "" for one that was cut off while it thought (null). Throws
/// Error if the answer is not of the expected form or has another number of choices than was asked
/// for. `who` is what an error calls the model, e.g. "judge".
inline std::vector<std::string> read_chat_answers(std::string_view body, Index expected,
                                                  const std::string& who) {
    const nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
    expects(answer.is_object() && answer.contains("choices") && answer["choices"].is_array(),
            [&] { return "the " + who + "'s answer has no list \"choices\""; });
    const nlohmann::json& choices = answer["choices"];
    expects(static_cast<Index>(choices.size()) == expected, [&] {
        return "the " + who + " gave " + std::to_string(choices.size()) + " answers of " +
               std::to_string(expected) + ": does the server support n?";
    });
    std::vector<std::string> texts;
    for (const nlohmann::json& choice : choices) {
        const auto content = nlohmann::json::json_pointer("/message/content");
        const bool text = choice.contains(content) && choice[content].is_string();
        texts.push_back(text ? choice[content].get<std::string>() : std::string());
    }
    return texts;
}

/// `text` with `value` in place of the first "{name}". Throws Error if there is none.
inline std::string filled_in(std::string text, const std::string& name, std::string_view value) {
    const auto place = text.find("{" + name + "}");
    expects(place != text.npos, [&] { return "the question has no {" + name + "}"; });
    return text.replace(place, name.size() + 2, value);
}

}  // namespace gppo
