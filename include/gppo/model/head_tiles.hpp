// SPDX-License-Identifier: Apache-2.0
//
// How the fused head cuts its logits (N, V). A product makes a tile of rows x columns. Where the
// gradient comes after all log-probs one tile is held, and made again. Where it comes with them the
// tiles of a chunk of rows are kept instead, V columns wide. Weights and their gradient go by once
// a chunk, so few rows cost more than making logits twice: docs/decisions/0021.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/math.hpp>

namespace gppo {

struct HeadTiles {
    Index rows = 0, columns = 0;  ///< of a tile, at most
    Index kept = 0;               ///< bytes of a chunk, at most, but for `least` rows

    /// Floats that n rows take, at most.
    constexpr Index tile(Index n, Index vocabulary) const {
        return math::min(rows, n) * math::min(columns, vocabulary);
    }
    /// Rows of a chunk of n, all of whose logits are kept.
    constexpr Index chunk_rows(Index n, Index vocabulary) const {
        const Index fit = kept / (Index{sizeof(float)} * vocabulary) / least * least;
        return math::min(n, math::min(rows, math::max(least, fit)));
    }
    /// Floats that it takes.
    constexpr Index chunk(Index n, Index vocabulary) const {
        return chunk_rows(n, vocabulary) * vocabulary;
    }

    /// Rows that a product wants at least.
    static constexpr Index least = 64;
};

/// A tile that fits a processor's second-level cache. A chunk of 512 rows takes 2 KiB for each word
/// of the vocabulary, of which weights and gradient take 8 D bytes.
inline constexpr HeadTiles host_head_tiles{512, 2048, Index{1} << 30};
/// Products large enough for a GPU; what is rounded for them is small beside the chunk.
inline constexpr HeadTiles device_head_tiles{2048, 16384, Index{1} << 30};

template <Backend K>
inline constexpr HeadTiles head_tiles = K::host_memory ? host_head_tiles : device_head_tiles;

}  // namespace gppo
