// SPDX-License-Identifier: Apache-2.0
//
// gppo tokenize and gppo detokenize: JSON lines in, JSON lines out, so that our ids can be checked
// from any language.
//   {"text": "2+2"}                                         ->  {"ids": [17, 10, 17]}
//   {"messages": [{"role": "user", "content": "2+2"}]}      ->  {"text": "<|im_start|>user\n…",
//   "ids": [...]}
//   {"ids": [17, 10, 17]}                                   ->  {"text": "2+2"}
// Beside "messages" there may be "tools", "thinking" and "add_generation_prompt".
#include "json_lines.hpp"

#include <gppo/text/chat_template.hpp>
#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tokenizer_files.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

void add_tokenize_command(CLI::App& app);
void add_detokenize_command(CLI::App& app);

namespace {

using Json = OrderedJson;

struct TokenizeOptions {
    std::string tokenizer = "byte_level";
    std::string input = "-";
    std::string save;
    bool skip_special = false;
};

gppo::Tokenizer open_tokenizer(const std::string& name) {
    if (name == "byte_level") return gppo::Tokenizer::byte_level();
    if (name.starts_with("characters:")) return gppo::Tokenizer::characters(name.substr(11));
    const std::filesystem::path path(name);
    return gppo::Tokenizer::from_file(std::filesystem::is_directory(path) ? path / "tokenizer.json"
                                                                          : path);
}

/// Writes what `convert` makes of each line of the input; errors name the line.
template <class F>
void convert_lines(const std::string& input, F convert) {
    for_each_json_line(input, [&](const std::string& line, gppo::Index) {
        std::cout << convert(Json::parse(line)).dump() << '\n';
    });
}

void add_options(CLI::App& command, TokenizeOptions& options) {
    command.add_option("-t,--tokenizer", options.tokenizer,
                       "tokenizer.json, a directory that has one, byte_level (the default), or "
                       "characters:ALPHABET");
    command.add_option("input", options.input, "JSONL file, or - for standard input (the default)");
}

gppo::Message read_message(const Json& json) {
    gppo::Message message{
        .role = json.at("role"), .content = "", .reasoning = {}, .tool_calls = {}};
    const auto text_in = [&](const char* key) {
        return json.contains(key) && json[key].is_string();
    };
    // The template would silently leave out what is not text, such as a list of parts.
    gppo::expects(text_in("content") || message.role == "assistant", [&] {
        return "the content of a message with role '" + message.role + "' must be text";
    });
    if (text_in("content")) message.content = json["content"];
    if (text_in("reasoning_content")) message.reasoning = json["reasoning_content"];
    if (!json.contains("tool_calls") || json["tool_calls"].is_null()) return message;
    for (const Json& entry : json["tool_calls"]) {
        const Json& call = entry.contains("function") ? entry["function"] : entry;
        const Json& arguments = call.at("arguments");
        message.tool_calls.push_back(
            {call.at("name"),
             arguments.is_string() ? arguments : Json(gppo::chat::python_json(arguments))});
    }
    return message;
}

/// The text of a row with "messages".
std::string render_row(const Json& row) {
    std::vector<gppo::Message> messages;
    for (const Json& message : row.at("messages")) messages.push_back(read_message(message));
    gppo::ChatOptions chat{.add_generation_prompt = row.value("add_generation_prompt", true),
                           .thinking = row.value("thinking", true),
                           .tools = {}};
    if (row.contains("tools") && !row["tools"].is_null())
        for (const Json& tool : row["tools"]) chat.tools.push_back(tool.dump());
    return gppo::render(messages, chat);
}

void tokenize(const TokenizeOptions& options) {
    const gppo::Tokenizer tokenizer = open_tokenizer(options.tokenizer);
    if (!options.save.empty()) {
        gppo::make_directories(options.save);
        for (const gppo::File& file : gppo::tokenizer_files(tokenizer))
            gppo::write_file(options.save, file);
    }
    convert_lines(options.input, [&](const Json& row) {
        if (row.is_object() && row.contains("messages")) {
            const std::string text = render_row(row);
            return Json{{"text", text}, {"ids", tokenizer.encode(text)}};
        }
        gppo::expects(row.is_object() && row.contains("text") && row["text"].is_string(),
                      "needs an object with a string \"text\" or with \"messages\"");
        return Json{{"ids", tokenizer.encode(row["text"].get_ref<const std::string&>())}};
    });
}

void detokenize(const TokenizeOptions& options) {
    const gppo::Tokenizer tokenizer = open_tokenizer(options.tokenizer);
    convert_lines(options.input, [&](const Json& row) {
        gppo::expects(row.is_object() && row.contains("ids") && row["ids"].is_array(),
                      "needs an object with an array \"ids\"");
        std::vector<std::int32_t> ids;
        for (const Json& id : row["ids"]) {
            gppo::expects(in_vocabulary(id, tokenizer.vocab_size()), [&] {
                return "id " + id.dump() + " is not in the vocabulary [0, " +
                       std::to_string(tokenizer.vocab_size()) + ")";
            });
            ids.push_back(id.get<std::int32_t>());
        }
        return Json{{"text", tokenizer.decode(ids, options.skip_special)}};
    });
}

}  // namespace

void add_tokenize_command(CLI::App& app) {
    CLI::App* command = app.add_subcommand(
        "tokenize",
        "Turn {\"text\": ...} or {\"messages\": ...} lines into {\"ids\": [...]} lines");
    const auto options = std::make_shared<TokenizeOptions>();
    add_options(*command, *options);
    command->add_option("--save", options->save,
                        "Also write the tokenizer's files, for transformers, to this directory");
    command->callback([options] { tokenize(*options); });
}

void add_detokenize_command(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("detokenize", "Turn {\"ids\": [...]} lines into {\"text\": ...} lines");
    const auto options = std::make_shared<TokenizeOptions>();
    add_options(*command, *options);
    command->add_flag("--skip-special", options->skip_special,
                      "Leave out special tokens such as <|im_end|>");
    command->callback([options] { detokenize(*options); });
}
