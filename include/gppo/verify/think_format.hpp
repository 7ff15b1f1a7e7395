// SPDX-License-Identifier: Apache-2.0
//
// Does a response have the form <think>working</think>answer? For format rewards and metrics.
#pragma once

#include <gppo/reward/format.hpp>
#include <gppo/verify/boxed.hpp>

#include <cstddef>
#include <string_view>

namespace gppo {

/// How the thinking tags of a response stand.
struct ThinkFormat {
    ThinkTags tags;            ///< whether each tag occurs
    bool well_formed = false;  ///< one <think> first, one </think> after it, an answer after that
};

/// Reads the tags of `response`. `opened_by_prompt`: the prompt ended in <think>, so the response
/// starts inside it and must not open it again.
constexpr ThinkFormat think_format(std::string_view response,
                                   bool opened_by_prompt = false) noexcept {
    constexpr std::string_view open = "<think>", close = "</think>";
    const auto opened = response.find(open), closed = response.find(close);
    ThinkFormat result{{opened_by_prompt || opened != response.npos, closed != response.npos}};
    if (closed == response.npos || response.find(close, closed + 1) != response.npos) return result;
    if (opened_by_prompt) {
        if (opened != response.npos) return result;
    } else if (opened == response.npos || opened > closed ||
               !trimmed(response.substr(0, opened)).empty() ||
               response.find(open, opened + 1) != response.npos) {
        return result;
    }
    result.well_formed = !trimmed(response.substr(closed + close.size())).empty();
    return result;
}

}  // namespace gppo
