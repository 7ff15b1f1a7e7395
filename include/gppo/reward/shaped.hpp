// SPDX-License-Identifier: Apache-2.0
//
// A reward made of parts, applied in order: a term adds its value, a shaper replaces the sum so
// far.
//
//     const Shaped klear{plus_minus_one, ThinkPenalty{}};
//     const Shaped dapo{plus_minus_one, Overlong{.longest = 20'480}};
//     const Shaped mixed{zero_one, Weighted{Repetition{}, 0.5f}, Clamp{-1.0f, 1.0f}};
//     reward = klear(response);
//
// A response that the verifier failed on (Response::infra) gets 0, whatever the parts: mask it out
// of the loss.
#pragma once

#include <gppo/concepts/reward_shaper.hpp>

#include <tuple>
#include <utility>

namespace gppo {

/// weight * term. Of weight 0 it does not count, even where the term is not finite.
template <RewardTerm P>
struct Weighted {
    P term{};
    float weight = 1.0f;

    constexpr float operator()(const Response& response) const {
        return weight == 0.0f ? 0.0f : weight * term(response);
    }
};
template <class P>
Weighted(P, float) -> Weighted<P>;

/// The reward after one part.
template <RewardShaper P>
constexpr float shape(const P& part, float reward, const Response& response) {
    if constexpr (MapsRewardToReward<P>)
        return part(reward, response);
    else
        return reward + part(response);
}

template <RewardShaper... Parts>
struct Shaped {
    std::tuple<Parts...> parts{};

    constexpr explicit Shaped(Parts... p) : parts(std::move(p)...) {}

    constexpr float operator()(const Response& response) const {
        if (response.infra) return 0.0f;
        float reward = 0.0f;
        std::apply([&](const auto&... p) { ((reward = shape(p, reward, response)), ...); }, parts);
        return reward;
    }
};

}  // namespace gppo
