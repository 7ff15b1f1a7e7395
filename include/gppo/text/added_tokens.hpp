// SPDX-License-Identifier: Apache-2.0
//
// Tokens that are cut out of the text before BPE sees it, such as <|im_end|> and <think>. The
// leftmost match wins, and of several starting there the longest.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// One entry of tokenizer.json's added_tokens.
struct AddedToken {
    std::int32_t id = 0;
    std::string content{};
    bool special = false;     ///< left out by decode(ids, skip_special)
    bool normalized = false;  ///< looked for after normalisation instead of before
};

/// Finds added tokens in text.
class AddedTokens {
  public:
    AddedTokens() = default;

    explicit AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
        std::stable_sort(tokens_.begin(), tokens_.end(),
                         [](const AddedToken& a, const AddedToken& b) {
                             return a.content.size() > b.content.size();
                         });
        for (const AddedToken& token : tokens_) starts_[first_byte(token.content)] = true;
    }

    bool empty() const noexcept { return tokens_.empty(); }

    /// Calls plain(piece) for each non-empty stretch without added tokens and added(token) for each
    /// added token, in the order of the text.
    template <class Plain, class Added>
    void split(std::string_view text, Plain plain, Added added) const {
        std::size_t begin = 0;
        for (std::size_t at = 0; !tokens_.empty() && at < text.size();) {
            const AddedToken* token =
                starts_[first_byte(text.substr(at))] ? match(text.substr(at)) : nullptr;
            if (token == nullptr) {
                ++at;
                continue;
            }
            if (begin < at) plain(text.substr(begin, at - begin));
            added(*token);
            begin = at += token->content.size();
        }
        if (begin < text.size()) plain(text.substr(begin));
    }

  private:
    static std::size_t first_byte(std::string_view text) noexcept {
        return static_cast<unsigned char>(text.front());
    }

    const AddedToken* match(std::string_view text) const noexcept {
        for (const AddedToken& token : tokens_)
            if (text.starts_with(token.content)) return &token;
        return nullptr;
    }

    std::vector<AddedToken> tokens_;  // longest first
    std::array<bool, 256> starts_{};
};

}  // namespace gppo
