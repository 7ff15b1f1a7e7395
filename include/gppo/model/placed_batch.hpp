// SPDX-License-Identifier: Apache-2.0
//
// A batch where a backend reads it: tokens, offsets and targets, and what follows from them, worked
// out on the host: each token's position, and the places where each token of the vocabulary occurs.
#pragma once

#include <gppo/backend/mirror.hpp>
#include <gppo/core/math.hpp>
#include <gppo/model/packed.hpp>

#include <cstdint>
#include <vector>

namespace gppo {

/// Token v occurs at places[first[v]] … places[first[v + 1] - 1], in packed order.
struct Occurrences {
    View<const std::int32_t> first, places;  // (V + 1), (T)
};

/// Views it returns are the backend's and good until the next call of the same function.
template <Backend K>
class PlacedBatch {
  public:
    /// `backend` must outlive it.
    explicit PlacedBatch(const K& backend)
        : tokens_(backend),
          position_copy_(backend),
          ids_(backend),
          first_copy_(backend),
          place_copy_(backend),
          offsets_(backend),
          rows_(backend) {}

    Packed place(Packed packed) {
        return {tokens_.read(packed.tokens), offsets_.read(packed.offsets)};
    }
    Targets place(Targets targets) { return {rows_.read(targets.rows), ids_.read(targets.ids)}; }

    /// Place of each token in its sequence. `packed` is the host's.
    View<const std::int32_t> positions(Packed packed) {
        positions_.resize(static_cast<std::size_t>(packed.tokens.size));
        for (Index b = 0; b + 1 < packed.offsets.size; ++b)
            for (Index t = packed.offsets[b]; t < packed.offsets[b + 1]; ++t)
                positions_[static_cast<std::size_t>(t)] =
                    static_cast<std::int32_t>(t - packed.offsets[b]);
        return position_copy_.read(positions_);
    }

    /// `tokens` are the host's, all below `vocabulary`.
    Occurrences occurrences(View<const std::int32_t> tokens, Index vocabulary) {
        const auto size = static_cast<std::size_t>(vocabulary);
        first_.assign(size + 1, 0);
        for (const std::int32_t id : tokens) ++first_[static_cast<std::size_t>(id) + 1];
        for (std::size_t v = 0; v < size; ++v) first_[v + 1] += first_[v];
        next_.assign(first_.begin(), first_.end() - 1);
        places_.resize(static_cast<std::size_t>(tokens.size));
        for (Index t = 0; t < tokens.size; ++t) {
            std::int32_t& next = next_[static_cast<std::size_t>(tokens[t])];
            places_[static_cast<std::size_t>(next++)] = static_cast<std::int32_t>(t);
        }
        return {first_copy_.read(first_), place_copy_.read(places_)};
    }

  private:
    Mirror<K, std::int32_t> tokens_, position_copy_, ids_, first_copy_, place_copy_;
    Mirror<K, Index> offsets_, rows_;
    std::vector<std::int32_t> positions_, first_, next_, places_;
};

/// The longest sequence.
inline Index longest_sequence(View<const Index> offsets /* (B + 1) */) {
    Index longest = 0;
    for (Index b = 0; b + 1 < offsets.size; ++b)
        longest = math::max(longest, offsets[b + 1] - offsets[b]);
    return longest;
}

}  // namespace gppo
