// SPDX-License-Identifier: Apache-2.0
//
// Recognises the shapes of rows in use and makes records of them: verl and Klear (prompt messages
// and reward_model.ground_truth), GSM8K (question, answer with ####), problem and answer, messages,
// conversations, prompt and response. Fields that the shape does not know are kept in Record::raw.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/jsonl.hpp>
#include <gppo/data/record.hpp>
#include <gppo/verify/boxed.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// `value` as text: a string as it is, anything else as JSON; null and absent are empty.
inline std::string text_of(const nlohmann::json& row, const char* key) {
    const auto found = row.find(key);
    if (found == row.end() || found->is_null()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

/// A list of messages under the names `role` and `content` (or ShareGPT's `from` and `value`).
/// Throws Error if it is not that.
inline std::vector<Message> messages_of(const nlohmann::json& list, const char* role = "role",
                                        const char* content = "content") {
    expects(list.is_array() && !list.empty(), "the messages are not a list, or an empty one");
    std::vector<Message> messages;
    for (const nlohmann::json& entry : list) {
        const bool right = entry.is_object() && entry.contains(role) && entry[role].is_string() &&
                           entry.contains(content) && entry[content].is_string();
        expects(right, [&] {
            return "message " + std::to_string(messages.size() + 1) + " lacks a text \"" + role +
                   "\" or \"" + content + "\"";
        });
        std::string name = entry[role];
        if (name == "human") name = "user";
        if (name == "gpt") name = "assistant";
        messages.push_back({std::move(name), entry[content]});
    }
    return messages;
}

/// A prompt that is text or a list of messages.
inline std::vector<Message> prompt_of(const nlohmann::json& prompt) {
    if (prompt.is_string()) return {{"user", prompt.get<std::string>()}};
    return messages_of(prompt);
}

/// Splits a conversation into the turns before its last one and, if the assistant spoke last, that
/// one as the response.
inline void take_conversation(std::vector<Message> messages, Record& record) {
    if (messages.back().role == "assistant") {
        record.response = std::move(messages.back().content);
        messages.pop_back();
    }
    expects(!messages.empty(), "the conversation has no turn before the response");
    record.prompt = std::move(messages);
}

/// A GSM8K solution as a response that the verifier reads: the working in its tags, without the
/// calculator marks <<48/2=24>>, and the answer in a box.
inline std::string gsm8k_response(std::string_view solution, std::string_view answer) {
    std::string working;
    const std::string_view text = solution.substr(0, solution.rfind("####"));
    for (std::size_t at = 0; at < text.size();) {
        const auto mark = text.find("<<", at), end = text.find(">>", mark);
        working += text.substr(at, end == text.npos ? text.npos : mark - at);
        at = end == text.npos ? text.size() : end + 2;
    }
    return "<think>\n" + std::string(trimmed(working)) + "\n</think>\n\n\\boxed{" +
           std::string(answer) + "}";
}

/// One row as a record. Throws Error with the reason (and the fields seen, for an unknown shape);
/// the caller adds where.
inline Record record_of(const nlohmann::json& row) {
    const auto has = [&](std::initializer_list<const char*> keys) {
        for (const char* key : keys)
            if (!row.contains(key) || row[key].is_null()) return false;
        return true;
    };
    Record record;
    record.data_source = text_of(row, "data_source");
    record.ability = text_of(row, "ability");
    record.gold = text_of(row, "gold");
    if (has({"prompt", "reward_model"})) {
        const nlohmann::json& model = row["reward_model"];
        expects(model.is_object() && !text_of(model, "ground_truth").empty(),
                "reward_model has no ground_truth");
        record.prompt = prompt_of(row["prompt"]);
        record.gold = text_of(model, "ground_truth");
        record.response = text_of(row, "response");
    } else if (has({"prompt"})) {
        record.prompt = prompt_of(row["prompt"]);
        record.response = text_of(row, row.contains("response") ? "response" : "completion");
        if (record.gold.empty()) record.gold = text_of(row, "answer");
        expects(!record.response.empty() || !record.gold.empty(),
                "a prompt with neither response nor gold answer");
    } else if (has({"question", "answer"})) {
        const std::string solution = text_of(row, "answer");
        const auto answer = gsm8k_answer(solution);
        record.prompt = {{"user", text_of(row, "question")}};
        record.response = answer ? gsm8k_response(solution, *answer) : "";
        record.gold = answer ? std::string(*answer) : solution;
        if (record.data_source.empty() && answer) record.data_source = "openai/gsm8k";
    } else if (has({"problem", "answer"})) {
        record.prompt = {{"user", text_of(row, "problem")}};
        const nlohmann::json& answer = row["answer"];  // Minerva: a list of one
        record.gold = answer.is_array() && answer.size() == 1 && answer[0].is_string()
                          ? std::string(trimmed(answer[0].get<std::string>()))
                          : text_of(row, "answer");
        record.response = text_of(row, "solution");
    } else if (has({"messages"})) {
        take_conversation(messages_of(row["messages"]), record);
        if (record.gold.empty()) record.gold = text_of(row, "answer");
        if (record.gold.empty() && has({"meta"}) && row["meta"].is_object())
            record.gold = text_of(row["meta"], "answer");
    } else if (has({"conversations"})) {
        take_conversation(messages_of(row["conversations"], "from", "value"), record);
    } else {
        std::string fields;
        for (const auto& [key, value] : row.items())
            fields += (fields.empty() ? "" : ", ") + excerpt(key);
        throw Error("unknown shape, with the fields [" + fields +
                    "]; known are prompt+reward_model, prompt+response, question+answer, "
                    "problem+answer, messages, conversations");
    }
    record.raw = row;
    return record;
}

struct Records {
    std::vector<Record> records;
    std::vector<BadRow> quarantine;
};

/// All records of a file. Rows that are no JSON or of no known shape are quarantined together; the
/// limit counts both. Throws Error as read_jsonl does.
inline Records read_records(const std::string& path, const JsonlOptions& options = {}) {
    JsonlOptions reading = options;
    reading.max_bad_ratio = 1;  // the limit is applied below, to all kinds of bad rows
    JsonRows read = read_jsonl(path, reading), usable;
    Records result;
    usable.quarantine = std::move(read.quarantine);
    for (JsonRow& row : read.rows) {
        try {
            result.records.push_back(record_of(row.value));
            result.records.back().row = row.row;
            usable.rows.push_back({row.row, nullptr});
        } catch (const Error& error) {
            usable.quarantine.push_back(
                {row.row, error.what(),
                 excerpt(row.value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace))});
        }
        row.value = nullptr;
    }
    std::stable_sort(usable.quarantine.begin(), usable.quarantine.end(),
                     [](const BadRow& a, const BadRow& b) { return a.row < b.row; });
    check_rows(usable, options, path);
    result.quarantine = std::move(usable.quarantine);
    return result;
}

/// A record as a verl row: its own raw fields stay, the schema's fields are set. `index` and
/// `split` go to extra_info where that lacks them.
inline nlohmann::json verl_row(const Record& record, Index index, std::string_view split) {
    nlohmann::json row = record.raw.is_object() ? record.raw : nlohmann::json::object();
    row["data_source"] = record.data_source.empty() ? "math" : record.data_source;
    row["prompt"] = nlohmann::json::array();
    for (const Message& message : record.prompt)
        row["prompt"].push_back({{"role", message.role}, {"content", message.content}});
    row["ability"] = record.ability.empty() ? "math" : record.ability;
    nlohmann::json& model = row["reward_model"];
    if (!model.is_object()) model = nlohmann::json::object();
    if (!model.contains("style")) model["style"] = "rule";
    model["ground_truth"] = record.gold;
    nlohmann::json& extra = row["extra_info"];
    if (!extra.is_object()) extra = nlohmann::json::object();
    if (!extra.contains("index")) extra["index"] = index;
    if (!extra.contains("split")) extra["split"] = split;
    if (!record.response.empty()) row["response"] = record.response;
    return row;
}

}  // namespace gppo
