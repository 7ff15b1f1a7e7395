// SPDX-License-Identifier: Apache-2.0
//
// The moments that ranks keep in parts, put together for a checkpoint.
#pragma once

#include "ranks.hpp"

#include <gppo/backend/cpu/buffer.hpp>

/// Both moments of `n` weights on rank 0, whole, for as long as a file borrows them. All ranks make
/// one at the same time.
struct WholeMoments {
    /// `room` is overwritten where ranks are several: the gradients, which nobody needs between
    /// steps.
    WholeMoments(Ranks& ranks, gppo::View<const float> own_first,
                 gppo::View<const float> own_second, gppo::View<float> room /*(n)*/)
        : first(own_first), second(own_second) {
        if (ranks.alone()) return;
        const gppo::Index n = ranks.leads() ? room.size : 0;
        gathered.resize(n);
        const gppo::View<float> wholes[] = {room.slice(0, n), gathered.view()};
        ranks.collect(own_first, wholes[0]);
        ranks.collect(own_second, wholes[1]);
        first = wholes[0], second = wholes[1];
    }
    gppo::Buffer<float> gathered;  // empty where one rank has them all
    gppo::View<const float> first, second;
};
