// SPDX-License-Identifier: Apache-2.0
//
// Tests for programming questions, written by a language model and filtered by the programs of
// another one, as AceCoder does (2502.01718): the question is rewritten with about 20 tests, a
// strong model solves it, tests that its program fails are dropped, and questions with fewer than 5
// left too. The prompts are ours. A test must be one call with literal arguments and a literal
// answer,
//     assert f(3, [1, 2]) == "x"
// so that the answer stays outside the sandbox; the paper takes any assert.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/json_depth.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/chat_answers.hpp>
#include <gppo/verify/boxed.hpp>
#include <gppo/verify/code_asserts.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// {text} stands for what the row asks, {count} for the number of tests.
inline constexpr std::string_view test_author_question =
    "Below is a programming question. Rewrite it as a complete question that asks for one Python "
    "function: name the function, its parameters and what it returns. Then write {count} tests for "
    "it, edge cases among them. Each test is one line, assert NAME(ARGUMENTS) == ANSWER, with "
    "literal values only.\n\nAnswer with one JSON object: {\"question\": \"...\", \"tests\": "
    "[\"assert ...\", ...]}\n\n{text}";

/// {text} stands for the rewritten question, {function} for the name that the tests call.
inline constexpr std::string_view test_solver_question =
    "Write a Python program that defines {function} as the question asks, and nothing that runs "
    "by itself. Put the whole program in one ```python block.\n\n{text}";

/// What an author's answer holds.
struct AuthoredTests {
    std::string question, function;
    std::vector<std::string> asserts;            ///< different ones, all of `function`
    std::vector<CodeCall> calls;                 ///< the same, read
    Index asked = 0, malformed = 0, copies = 0;  ///< asked: what the answer lists
};

namespace test_synthesis {

/// The first JSON object of the text that has a list of tests.
inline nlohmann::json tests_object(std::string_view text) {
    const auto end = text.rfind('}');
    int tries = 0;
    for (auto at = text.find('{'); at < end && end != text.npos && tries < 16;
         at = text.find('{', at + 1), ++tries) {
        const std::string_view part = text.substr(at, end + 1 - at);
        if (json_depth(part) > max_json_depth) continue;
        nlohmann::json value = nlohmann::json::parse(part, nullptr, false);
        if (value.is_object() && value.contains("tests") && value["tests"].is_array()) return value;
    }
    return nullptr;
}

/// The test as a call, or nothing where it is anything else than one assert on one line.
inline std::optional<CodeCall> one_call(const nlohmann::json& test) {
    if (!test.is_string()) return std::nullopt;
    const std::string_view line = trimmed(test.get_ref<const std::string&>());
    if (!line.starts_with("assert") || line.find('\n') != line.npos) return std::nullopt;
    auto calls = calls_of_asserts(line, "");
    if (!calls || calls->size() != 1) return std::nullopt;
    return std::move(calls->front());
}

}  // namespace test_synthesis

/// The question and the well-formed tests of an answer, after its thinking; nothing where it has no
/// such JSON object. Where the tests call several functions, those of the commonest count.
inline std::optional<AuthoredTests> read_authored_tests(std::string_view answer) {
    const nlohmann::json object = test_synthesis::tests_object(after_thinking(answer));
    if (!object.is_object()) return std::nullopt;
    AuthoredTests authored;
    if (object.contains("question") && object["question"].is_string())
        authored.question = std::string(trimmed(object["question"].get_ref<const std::string&>()));
    if (authored.question.empty()) return std::nullopt;
    std::vector<std::pair<std::string, CodeCall>> read;
    std::map<std::string, Index> functions;
    for (const nlohmann::json& test : object["tests"]) {
        ++authored.asked;
        auto call = test_synthesis::one_call(test);
        if (!call) continue;
        const Index uses = ++functions[call->function];
        if (authored.function.empty() || uses > functions[authored.function])
            authored.function = call->function;
        read.emplace_back(trimmed(test.get_ref<const std::string&>()), std::move(*call));
    }
    std::vector<std::string> seen;
    for (auto& [text, call] : read) {
        if (call.function != authored.function) continue;
        const std::string canonical = Json{call.arguments, call.named, call.expected}.dump(
            -1, ' ', true, Json::error_handler_t::replace);
        if (std::find(seen.begin(), seen.end(), canonical) != seen.end()) {
            ++authored.copies;
            continue;
        }
        seen.push_back(canonical);
        authored.asserts.push_back(std::move(text));
        authored.calls.push_back(std::move(call));
    }
    authored.malformed =
        authored.asked - authored.copies - static_cast<Index>(authored.asserts.size());
    return authored;
}

/// One assert as tests of their own, so that each has a verdict.
inline CodeTests single_test(const CodeCall& call) {
    CodeTests tests;
    tests.kind = CodeTestKind::call;
    tests.prelude = true;
    tests.entry_point = call.function;
    tests.calls = {call};
    return tests;
}

/// The tests that stay, as read_code_tests() reads them: text of {"functional": ...}.
inline std::string functional_tests(const std::vector<std::string>& asserts) {
    std::string script;
    for (const std::string& each : asserts) script += each + "\n";
    return nlohmann::ordered_json{{"functional", script}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace gppo
