// SPDX-License-Identifier: Apache-2.0
//
// The auxiliary SFT loss on right completions (Klear-Reasoner, arXiv 2508.07629; VAPO's mu term):
// loss + coefficient * aggregate(-logp over the positive sequences). Klear normalises it by the
// positives of each micro-batch, so its weight there depends on packing; here the counts are those
// of the whole optimizer step.
#pragma once

namespace gppo {

struct Positives {
    float coefficient = 0.0f;  ///< alpha; Klear-Reasoner 0.1
};

}  // namespace gppo
