// SPDX-License-Identifier: Apache-2.0
//
// What is known about one completion, by channel. Filters, the positives mask and metrics name the
// channel they use; only `score` is trained on. Systems with one number for all of it filter by the
// wrong one: Klear-Reasoner's released code drops every group without a fully right program, which
// is what its soft reward was there to learn from.
#pragma once

#include <gppo/core/error.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

/// The channels of one completion.
struct Score {
    float score = 0;          ///< the shaped reward that the advantage is made from
    float acc = 0;            ///< 1 if the answer is right or every test passes, else 0
    float passed = 0;         ///< share of tests passed; of an answer the same as acc
    float format = 0;         ///< 1 if the response has the asked form, else 0
    bool truncated = false;   ///< cut off by the length limit
    bool unparsable = false;  ///< the verifier found or could read no answer, or ran out of budget
    bool infra = false;       ///< the verifier itself failed: mask the sample, never call it wrong

    friend bool operator==(const Score&, const Score&) = default;
};

/// A channel by name.
enum class Channel { score, acc, passed, format, truncated, unparsable, infra };

inline constexpr std::array<std::string_view, 7> channel_names{
    "score", "acc", "passed", "format", "truncated", "unparsable", "infra"};

constexpr std::string_view channel_name(Channel channel) noexcept {
    return channel_names[static_cast<std::size_t>(channel)];
}

/// The channel called `name`. Throws Error if there is none.
inline Channel channel_from(std::string_view name) {
    for (std::size_t c = 0; c < channel_names.size(); ++c)
        if (channel_names[c] == name) return static_cast<Channel>(c);
    throw Error("unknown channel '" + std::string(name) +
                "'; the channels are score, acc, passed, format, truncated, unparsable and infra");
}

/// What a completion has on a channel; flags are 1 and 0.
constexpr float value_of(const Score& score, Channel channel) noexcept {
    const auto number = [](bool flag) { return flag ? 1.0f : 0.0f; };
    switch (channel) {
        case Channel::score:
            return score.score;
        case Channel::acc:
            return score.acc;
        case Channel::passed:
            return score.passed;
        case Channel::format:
            return score.format;
        case Channel::truncated:
            return number(score.truncated);
        case Channel::unparsable:
            return number(score.unparsable);
        case Channel::infra:
            return number(score.infra);
    }
    return 0.0f;
}

/// Whether a completion's tokens may train at all: not where its verifier failed.
constexpr bool trains(const Score& score) noexcept {
    return !score.infra;
}

}  // namespace gppo
