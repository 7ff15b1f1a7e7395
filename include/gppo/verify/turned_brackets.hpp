// SPDX-License-Identifier: Apache-2.0
//
// Open intervals as French and German schools write them: ]1, 2[ is (1, 2) and [1, 2[ is [1, 2).
// A bracket that opens where one must close, or closes where one must open, is turned round.
#pragma once

#include <gppo/verify/answer_tokens.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace gppo {

/// Replaces turned square brackets by round ones.
inline void turn_brackets(std::vector<AnswerToken>& tokens) {
    constexpr std::string_view joints = "cup cap setminus in and or = , ; ) ] \\} }";
    const auto joint = [&](std::size_t i) {
        return i >= tokens.size() || (!tokens[i].value.empty() && !tokens[i].is('[') &&
                                      joints.find(tokens[i].value) != joints.npos);
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool begins = i == 0 || tokens[i - 1].is('(') || tokens[i - 1].is('{') ||
                            (joint(i - 1) && !tokens[i - 1].is(')') && !tokens[i - 1].is(']'));
        if (tokens[i].is(']') && begins && i + 1 < tokens.size()) tokens[i].value = "(";
        if (tokens[i].is('[') && i > 0 && !begins && joint(i + 1)) tokens[i].value = ")";
    }
}

}  // namespace gppo
