// SPDX-License-Identifier: Apache-2.0
//
// Mean over the B sequences of the step of: the sum of a sequence's tokens ("seq-mean-token-sum"),
// the sum over a constant length H ("seq-mean-token-sum-norm", Dr. GRPO), or their mean
// ("seq-mean-token-mean", the GRPO paper; TRL "grpo", OpenRLHF "seq", NeMo-RL "sequence").
//
// LUSPO (arXiv 2602.05261) takes the mean over sequences of GSPO's loss of a sequence times its
// length. All its tokens have that same term, so it is their sum: SequenceMeanTokenSum.
#pragma once

#include <gppo/core/batch.hpp>

namespace gppo {

struct SequenceMeanTokenSum {
    constexpr double operator()(Extent x) const noexcept {
        return 1.0 / static_cast<double>(x.sequences);
    }
};

/// Older verl, Klear and ROLL leave out the mean over sequences: batch_mean = false.
struct SequenceMeanTokenSumNorm {
    double horizon = 0.0;    ///< H; 0: the longest sequence of the step, verl's padded length
    bool batch_mean = true;  ///< divide by B too

    constexpr double operator()(Extent x) const noexcept {
        const double length = horizon > 0.0 ? horizon : static_cast<double>(x.horizon);
        return 1.0 / (length * (batch_mean ? static_cast<double>(x.sequences) : 1.0));
    }
};

struct SequenceMeanTokenMean {
    constexpr double operator()(Extent x) const noexcept {
        return 1.0 / (static_cast<double>(x.sequences) * static_cast<double>(x.length));
    }
};

}  // namespace gppo
