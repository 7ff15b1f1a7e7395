// SPDX-License-Identifier: Apache-2.0
//
// Entropy bonus: loss - coefficient * aggregate(H), H the full entropy of the next-token
// distribution, which the model gives per token in nats.
#pragma once

namespace gppo {

struct EntropyBonus {
    float coefficient = 0.0f;  ///< 0: entropy is reported, it does not train
};

}  // namespace gppo
