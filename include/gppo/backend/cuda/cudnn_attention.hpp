// SPDX-License-Identifier: Apache-2.0
//
// Which plan of cuDNN a batch runs on. Making one takes a second or two, so sizes are rounded up,
// and a plan serves every batch that is not larger. Backward in one order keeps a matrix of all
// scores: where that is too much, heads go one group after another.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cuda/cudnn_plan.hpp>
#include <gppo/core/math.hpp>

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace gppo {

/// What packed sequences have.
struct PackedSizes {
    Index sequences = 0, longest = 0, tokens = 0;
};

/// At least n, in steps of an eighth to a quarter of it, and of `least`.
constexpr Index rounded_up(Index n, Index least) {
    const auto half = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(n)));
    const Index step = math::max(least, half / 4);
    return (n + step - 1) / step * step;
}

class CudnnAttention {
  public:
    /// Backward takes at most this for a run, unless one key/value head needs more.
    static constexpr Index backward_limit = Index{2} << 30;

    explicit CudnnAttention(CudnnDevice device) : device_(std::move(device)) {}

    /// Heads of keys and values that one run of backward takes on: a divisor of them whose queries
    /// begin at a multiple of 16 bytes.
    static Index backward_kv_heads(const AttentionShape& a, const PackedSizes& sizes) {
        Index found = a.kv_heads;
        for (Index n = a.kv_heads; n > 0; --n)
            if (a.kv_heads % n == 0 && (n * a.group()) % 4 == 0 &&
                cudnn_backward_bytes(sized(a, sizes, found)) > backward_limit)
                found = n;
        return found;
    }

    /// The plan of a run over `kv_heads` of the key/value heads. Good until the next call.
    CudnnPlan& plan(CudnnPlan::Direction direction, const AttentionShape& a,
                    const PackedSizes& sizes, Index kv_heads) {
        const CudnnShape shape = sized(a, sizes, kv_heads);
        auto& made = made_[{direction, shape}];
        if (!made) made = std::make_unique<CudnnPlan>(device_, shape, direction);
        return *made;
    }

    /// Sequences that the plan for so many has.
    static Index planned_sequences(Index sequences) { return rounded_up(sequences, 1); }

  private:
    static CudnnShape sized(const AttentionShape& a, const PackedSizes& sizes, Index kv_heads) {
        return {planned_sequences(sizes.sequences),
                rounded_up(sizes.longest, 64),
                rounded_up(sizes.tokens, 256),
                kv_heads * a.group(),
                kv_heads,
                a.head_dim,
                a.heads,
                a.kv_heads,
                a.scale};
    }

    CudnnDevice device_;
    std::map<std::pair<CudnnPlan::Direction, CudnnShape>, std::unique_ptr<CudnnPlan>> made_;
};

}  // namespace gppo
