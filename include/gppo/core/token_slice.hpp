// SPDX-License-Identifier: Apache-2.0
//
// A run of a batch's tokens as a batch of its own, for an objective that looks at one token at a
// time: what evaluate() says of these tokens is what it says of them in the whole. Sequences that
// the run cuts keep their advantage and coefficient.
#pragma once

#include <gppo/core/batch.hpp>
#include <gppo/core/sequence_of.hpp>

#include <algorithm>
#include <vector>

namespace gppo {

template <std::floating_point T>
class TokenSlice {
  public:
    /// Tokens [first, first + count), at least one. Points into `whole`.
    TokenSlice(const Batch<T>& whole, Index first, Index count) : batch_(whole) {
        const Index begin = sequence_of(whole.offsets, first), end = first + count;
        Index last = begin;
        offsets_.push_back(0);
        for (; whole.offsets[last] < end; ++last)
            offsets_.push_back(std::min(whole.offsets[last + 1], end) - first);
        const auto tokens = [&](auto& view) {
            if (!view.empty()) view = view.slice(first, count);
        };
        const auto sequences = [&](auto& view) {
            if (!view.empty()) view = view.slice(begin, last - begin);
        };
        tokens(batch_.logp), tokens(batch_.logp_old), tokens(batch_.logp_ref);
        tokens(batch_.entropy), tokens(batch_.logp_rollout), tokens(batch_.entropy_old);
        tokens(batch_.mask);
        if (whole.advantage.size == whole.sequences())
            sequences(batch_.advantage);
        else
            tokens(batch_.advantage);
        sequences(batch_.group), sequences(batch_.coefficient), sequences(batch_.positive);
        sequences(batch_.positive_coefficient), sequences(batch_.off_policy);
        batch_.offsets = offsets_;
    }
    TokenSlice(const TokenSlice&) = delete;
    TokenSlice& operator=(const TokenSlice&) = delete;

    const Batch<T>& batch() const { return batch_; }

  private:
    Batch<T> batch_;
    std::vector<Index> offsets_;
};

}  // namespace gppo
