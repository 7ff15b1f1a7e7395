// SPDX-License-Identifier: Apache-2.0
//
// What is known about one completion, by channel. Filters, the positives mask and metrics name the
// channel they use; only `score` is trained on.
#pragma once

namespace gppo {

/// The channels of one completion.
struct Score {
    float score = 0;          ///< the shaped reward that the advantage is made from
    float acc = 0;            ///< 1 if the answer is right, else 0; or the share of tests passed
    float format = 0;         ///< 1 if the response has the asked form, else 0
    bool truncated = false;   ///< cut off by the length limit
    bool unparsable = false;  ///< the verifier found or could read no answer, or ran out of budget
    bool infra = false;       ///< the verifier itself failed: mask the sample, never call it wrong

    friend bool operator==(const Score&, const Score&) = default;
};

}  // namespace gppo
