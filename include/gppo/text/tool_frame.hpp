// SPDX-License-Identifier: Apache-2.0
//
// What a tool says, as the token ids that stand in a conversation: its text between a frame, as a
// rollout adds it and as supervised rows show it.
#pragma once

#include <gppo/text/tokenizer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// What stands around an observation.
struct ToolFrame {
    std::string open = "\n```output\n", close = "\n```\n";
};

/// As Qwen3's chat template writes a tool's turn and opens the assistant's next one.
inline ToolFrame chat_tool_frame() {
    return {"\n<|im_start|>user\n<tool_response>\n",
            "\n</tool_response><|im_end|>\n<|im_start|>assistant\n"};
}

/// `text` between its frame, of which at most `limit` ids are kept: foreign text, see
/// Tokenizer::encode_foreign.
inline std::vector<std::int32_t> tool_reply(const Tokenizer& tokenizer, const ToolFrame& frame,
                                            std::string_view text, Index limit) {
    std::vector<std::int32_t> ids = tokenizer.encode(frame.open);
    std::vector<std::int32_t> said = tokenizer.encode_foreign(text);
    if (std::ssize(said) > limit) said.resize(static_cast<std::size_t>(limit));
    ids.insert(ids.end(), said.begin(), said.end());
    for (const std::int32_t id : tokenizer.encode(frame.close)) ids.push_back(id);
    return ids;
}

}  // namespace gppo
