// SPDX-License-Identifier: Apache-2.0
//
// The tokenizer's part of a model directory: tokenizer.json, tokenizer_config.json and
// chat_template.jinja. With the first alone transformers would end at another token and have no
// chat template. The class is the general one, which takes tokenizer.json as it stands;
// Qwen2Tokenizer would replace its pre-tokenizer.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/text/chat_template.hpp>
#include <gppo/text/tokenizer.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gppo {

struct TokenizerFileOptions {
    std::string end = "<|im_end|>";                           ///< completions end here
    std::string pad = "<|endoftext|>";                        ///< fills batches in other systems
    Index max_length = 0;                                     ///< the model's context; 0: not said
    std::string chat_template = qwen3_chat_template_jinja();  ///< empty: none
};

/// The text of tokenizer_config.json.
inline std::string tokenizer_config_json(const Tokenizer& tokenizer,
                                         const TokenizerFileOptions& options = {}) {
    for (const std::string& token : {options.end, options.pad})
        expects(tokenizer.token_id(token).has_value(), [&] {
            return "the tokenizer has no token '" + token + "'; name its end and padding tokens";
        });
    nlohmann::ordered_json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                   {"add_prefix_space", false},
                                   {"clean_up_tokenization_spaces", false},
                                   {"bos_token", nullptr},
                                   {"eos_token", options.end},
                                   {"pad_token", options.pad},
                                   {"unk_token", nullptr}};
    if (options.max_length > 0) json["model_max_length"] = options.max_length;
    // Older readers want the template here, newer ones in its own file.
    if (!options.chat_template.empty()) json["chat_template"] = options.chat_template;
    return json.dump(2) + "\n";
}

/// The files to save beside the weights.
inline std::vector<File> tokenizer_files(const Tokenizer& tokenizer,
                                         const TokenizerFileOptions& options = {}) {
    std::vector<File> files;
    files.push_back({.name = "tokenizer.json", .head = tokenizer.to_json()});
    files.push_back(
        {.name = "tokenizer_config.json", .head = tokenizer_config_json(tokenizer, options)});
    if (!options.chat_template.empty())
        files.push_back({.name = "chat_template.jinja", .head = options.chat_template});
    return files;
}

}  // namespace gppo
