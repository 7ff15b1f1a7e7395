// SPDX-License-Identifier: Apache-2.0
//
// Text of tokens as they are sampled. A character may be spread over several tokens; its bytes are
// held back until it is whole, so that what has been shown never changes. All pieces together are
// decode() of all ids.
#pragma once

#include <gppo/text/tokenizer.hpp>
#include <gppo/text/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace gppo {

/// Decodes one sequence. The tokenizer must outlive it.
class StreamDecoder {
  public:
    explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = false)
        : tokenizer_(&tokenizer), skip_special_(skip_special) {}

    /// The text that became complete with this token, possibly empty.
    std::string push(std::int32_t id) {
        held_ += tokenizer_->token_bytes(id, skip_special_);
        const std::size_t whole = held_.size() - unfinished_utf8(held_);
        std::string text = replace_invalid_utf8(std::string_view(held_).substr(0, whole));
        held_.erase(0, whole);
        return text;
    }

    /// What was held back at the end: U+FFFD for a character that never became whole.
    std::string finish() { return replace_invalid_utf8(std::exchange(held_, {})); }

  private:
    const Tokenizer* tokenizer_;
    bool skip_special_;
    std::string held_;
};

}  // namespace gppo
