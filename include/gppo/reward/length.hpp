// SPDX-License-Identifier: Apache-2.0
//
// Rewards of length. The cosine (Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning",
// arXiv 2502.03373) replaces the answer's reward; Kimi's (Kimi k1.5, arXiv 2501.12599, 2.3.3) adds
// to it.
//
//     cosine   end + (start - end) (1 + cos(pi L / L_max)) / 2, start and end by right or wrong;
//              `exceeded` once L >= L_max
//     Kimi     lambda = 0.5 - (L - shortest) / (longest - shortest) of the group;
//              right: lambda, wrong: min(0, lambda); 0 where all are of one length
//
// Short right answers are worth more than long ones, long wrong ones lose less than short ones:
// thinking longer is paid for by those who are wrong. open-r1 has the same curve with other ends.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/response.hpp>

#include <cmath>

namespace gppo {

/// The defaults are the paper's. `longest` 0 stands for the response's own limit.
struct CosineLength {
    float right_start = 2.0f, right_end = 1.0f;
    float wrong_start = -10.0f, wrong_end = 0.0f;
    float exceeded = -10.0f;
    Index longest = 0;

    float operator()(const Response& response) const noexcept {
        const Index limit = longest > 0 ? longest : response.limit;
        if (limit <= 0) return response.right ? right_start : wrong_start;
        if (response.length >= limit) return exceeded;
        constexpr double pi = 3.14159265358979323846;
        const double angle = pi * static_cast<double>(response.length) / static_cast<double>(limit);
        const float share = static_cast<float>(0.5 * (1.0 + std::cos(angle)));
        const float start = response.right ? right_start : wrong_start;
        const float end = response.right ? right_end : wrong_end;
        return end + (start - end) * share;
    }
};

/// Yeo et al.'s ends.
inline constexpr CosineLength cosine_paper{};

/// open-r1's get_cosine_scaled_reward: 1 to 0.5 for right answers, -1 to -0.5 for wrong ones, and
/// no penalty of its own for the longest (which there is just the curve's end).
struct CosineOpenR1 {
    float right_start = 1.0f, right_end = 0.5f;
    float wrong_start = -1.0f, wrong_end = -0.5f;
    Index longest = 1000;

    float operator()(const Response& response) const noexcept {
        const Index limit = longest > 0 ? longest : response.limit;
        Response within = response;
        const float end = response.right ? right_end : wrong_end;
        if (limit > 0 && response.length >= limit) return end;
        within.limit = limit;
        return CosineLength{right_start, right_end, wrong_start, wrong_end, end, 0}(within);
    }
};

/// Kimi's, to be added with a weight. Needs the group's lengths in the response.
struct KimiLength {
    constexpr float operator()(const Response& response) const noexcept {
        const Index span = response.longest - response.shortest;
        if (span <= 0) return 0.0f;
        const float lambda = 0.5f - static_cast<float>(response.length - response.shortest) /
                                        static_cast<float>(span);
        return response.right ? lambda : math::min(0.0f, lambda);
    }
};

}  // namespace gppo
