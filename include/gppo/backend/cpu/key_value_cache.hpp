// SPDX-License-Identifier: Apache-2.0
//
// The CPU's key/value cache: strips of memory, one a sequence, taken and given back as completions
// come and go. After the first rollout of a size nothing is allocated.
#pragma once

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/cpu/decode_attention.hpp>
#include <gppo/backend/decode.hpp>
#include <gppo/core/error.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gppo {

class KeyValueCache {
  public:
    KeyValueCache(AttentionShape shape, Index layers) : shape_(shape), layers_(layers) {
        expects(shape.head_dim <= decode_head_limit, [&] {
            return "generation: head_dim " + std::to_string(shape.head_dim) +
                   " is above what decode attention is built for, " +
                   std::to_string(decode_head_limit);
        });
    }

    const AttentionShape& shape() const { return shape_; }

    /// A strip with room for `capacity` positions: the tightest free one, or the largest free one
    /// grown, or a new one. What it held is meaningless.
    Index acquire(Index capacity) {
        Index best = -1;
        for (Index i = 0; i < std::ssize(strips_); ++i)
            if (!at(i).used && (best < 0 || better(at(i).capacity, at(best).capacity, capacity)))
                best = i;
        if (best < 0) {
            best = std::ssize(strips_);
            strips_.emplace_back();
        }
        Strip& strip = at(best);
        strip.used = true;
        if (strip.capacity < capacity) {
            strip.capacity = (capacity + cache_block - 1) / cache_block * cache_block;
            strip.memory.resize(layers_ * layer_floats(strip.capacity));
        }
        return best;
    }

    void release(Index strip) { at(strip).used = false; }

    CacheStrip strip(Index index, Index layer) {
        Strip& s = at(index);
        float* const keys = s.memory.data() + layer * layer_floats(s.capacity);
        return {keys, keys + shape_.kv_heads * shape_.head_dim * s.capacity, s.capacity};
    }

    /// The rows of a step, there until the next.
    void begin(View<const DecodeRow> rows /* (R) */) { rows_ = rows; }
    View<const DecodeRow> rows() const { return rows_; }

    /// Floats held, in use or not.
    Index size() const {
        Index total = 0;
        for (const Strip& s : strips_) total += s.memory.size();
        return total;
    }

  private:
    struct Strip {
        Buffer<float> memory;
        Index capacity = 0;
        bool used = false;
    };

    Strip& at(Index i) { return strips_[static_cast<std::size_t>(i)]; }

    /// Whether a strip of capacity a suits `wanted` better than one of capacity b.
    static bool better(Index a, Index b, Index wanted) {
        if (a >= wanted && b >= wanted) return a < b;
        return a > b;
    }

    Index layer_floats(Index capacity) const {
        return shape_.kv_heads * (shape_.head_dim + padded(shape_.head_dim)) * capacity;
    }

    AttentionShape shape_;
    Index layers_;
    std::vector<Strip> strips_;
    View<const DecodeRow> rows_;
};

}  // namespace gppo
