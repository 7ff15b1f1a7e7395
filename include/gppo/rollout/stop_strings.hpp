// SPDX-License-Identifier: Apache-2.0
//
// Ends a completion when its text contains one of some strings, however the tokens cut it: a stop
// string may begin inside one token and end inside another.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/text/tokenizer.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// For Sampling::ends. The tokenizer must outlive it.
class StopStrings {
  public:
    /// Throws Error for an empty string, which would end every completion at once.
    StopStrings(const Tokenizer& tokenizer, std::vector<std::string> strings)
        : tokenizer_(&tokenizer), strings_(std::move(strings)) {
        for (const std::string& each : strings_) {
            expects(!each.empty(), "stop strings: one is empty; leave it out");
            longest_ = std::max(longest_, each.size());
        }
    }

    /// Whether a stop string ends within the last token: called after each, so none is overlooked.
    bool operator()(View<const std::int32_t> tokens) const {
        if (tokens.empty() || strings_.empty()) return false;
        std::string tail(tokenizer_->token_bytes(tokens[tokens.size - 1]));
        const std::size_t last = tail.size();
        for (Index t = tokens.size - 1; t-- > 0 && tail.size() < last + longest_ - 1;)
            tail.insert(0, tokenizer_->token_bytes(tokens[t]));
        return std::any_of(strings_.begin(), strings_.end(), [&](const std::string& each) {
            const std::size_t at = tail.rfind(each);
            return at != std::string::npos && at + each.size() > tail.size() - last;
        });
    }

  private:
    const Tokenizer* tokenizer_;
    std::vector<std::string> strings_;
    std::size_t longest_ = 0;
};

}  // namespace gppo
