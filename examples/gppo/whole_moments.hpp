// SPDX-License-Identifier: Apache-2.0
//
// The moments that ranks keep in parts: put together for a checkpoint, and handed out again.
#pragma once

#include "engine.hpp"
#include "ranks.hpp"

#include <gppo/train/shard.hpp>

#include <cstddef>
#include <utility>
#include <vector>

/// Where each rank's part of part `part` of the whole's moments lies, bytes.
inline std::vector<Share> moment_shares(const Ranks& ranks, gppo::MomentStorage storage,
                                        const std::vector<gppo::TensorInfo>& tensors, Index n,
                                        std::size_t part) {
    std::vector<Share> shares;
    Index first = 0;
    for (Index r = 0; r < ranks.size(); ++r) {
        const Share own = ranks.part(n, r);
        const gppo::MomentLayout layout(
            storage, own.count,
            gppo::moment_blocks(storage, gppo::shard_of(tensors, own.first, own.count)));
        shares.push_back({first, layout.size[part]});
        first += layout.size[part];
    }
    return shares;
}

/// The moments of `n` weights on rank 0, whole, for as long as a file borrows them. All ranks make
/// one at the same time.
struct WholeMoments {
    WholeMoments(Ranks& ranks, const Moments& own, const std::vector<gppo::TensorInfo>& tensors,
                 Index n)
        : gathered(own.storage()), alone(ranks.alone() ? &own : nullptr) {
        if (alone) return;
        if (ranks.leads()) gathered.reset(tensors);
        for (std::size_t i = 0; i < gppo::moment_parts; ++i)
            ranks.collect(own.part(i), gathered.part(i),
                          moment_shares(ranks, own.storage(), tensors, n, i));
    }
    const Moments& whole() const { return alone ? *alone : gathered; }

    Moments gathered;      // empty where one rank has them all
    const Moments* alone;  // then these
};

/// The other way round: rank 0's `moments`, whole, become each rank's own.
inline void share_moments(Ranks& ranks, Moments& moments,
                          const std::vector<gppo::TensorInfo>& tensors, Index n) {
    if (ranks.alone()) return;
    const Share part = ranks.part(n);
    Moments own(moments.storage());
    own.reset(gppo::shard_of(tensors, part.first, part.count));
    for (std::size_t i = 0; i < gppo::moment_parts; ++i)
        ranks.distribute(ranks.leads() ? std::as_const(moments).part(i) : gppo::View<const char>(),
                         own.part(i), moment_shares(ranks, moments.storage(), tensors, n, i));
    moments = std::move(own);
}
