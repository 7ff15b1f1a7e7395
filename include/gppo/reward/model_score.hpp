// SPDX-License-Identifier: Apache-2.0
//
// A learned reward: scale * (score of a reward model + shift). AceCoder (arXiv 2502.01718) trains
// with it and with the rule, and the rule wins: what a reward model likes can be gamed, so watch
// the pass rate beside it.
#pragma once

#include <gppo/core/response.hpp>

namespace gppo {

struct ModelScore {
    float scale = 1.0f;
    float shift = 0.0f;

    constexpr float operator()(const Response& response) const noexcept {
        return scale * (response.model_score + shift);
    }
};

}  // namespace gppo
