// SPDX-License-Identifier: Apache-2.0
//
// Mean over prompts of the mean over all tokens of the prompt's completions (SkyRL "prompt-mean").
#pragma once

#include <gppo/core/batch.hpp>

namespace gppo {

struct PromptMean {
    constexpr double operator()(Extent x) const noexcept {
        return 1.0 / (static_cast<double>(x.prompts) * static_cast<double>(x.prompt_tokens));
    }
};

}  // namespace gppo
