// SPDX-License-Identifier: Apache-2.0
//
// Every token weighs the same. TokenMean: J = (1 / N) sum over tokens, N the tokens of the whole
// optimizer step (DAPO, verl's default "token-mean", OpenRLHF, NeMo-RL, TRL "dapo").
// TokenSum: no division ("token-sum" in verl).
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
