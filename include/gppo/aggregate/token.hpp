// SPDX-License-Identifier: Apache-2.0
//
// Every token weighs the same. TokenMean: J = (1 / N) sum over tokens, N the tokens of the whole
// optimizer step (DAPO, verl's default "token-mean", OpenRLHF, NeMo-RL, TRL "dapo").
// TokenSum: no division ("token-sum" in verl). SkyRL's "token_mean_legacy", the mean of the token
// means of the micro-batches, is left out on purpose: it depends on how the step was packed.
#pragma once

#include <gppo/core/batch.hpp>

namespace gppo {

struct TokenMean {
    constexpr double operator()(Extent x) const noexcept {
        return 1.0 / static_cast<double>(x.tokens);
    }
};

struct TokenSum {
    constexpr double operator()(Extent) const noexcept { return 1.0; }
};

}  // namespace gppo
