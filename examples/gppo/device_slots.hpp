// SPDX-License-Identifier: Apache-2.0
//
// How many completions a device samples at once, and what their keys and values take there.
#pragma once

#include <gppo/backend/paged_cache.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <algorithm>

inline constexpr gppo::Index most_device_slots = 256;

/// Bytes of a position's keys and values in all layers.
inline gppo::Index position_bytes(const gppo::Qwen3Config& c, gppo::Precision precision) {
    return (precision == gppo::Precision::bf16 ? 4 : 8) * c.num_hidden_layers * c.key_value_width();
}

/// Those whose keys and values fill a third of the device's `memory` at most, up to `longest`
/// tokens each. The size of memory does not change, so a run that is resumed samples in the same
/// order.
inline gppo::Index device_slots(gppo::Index memory, gppo::Index longest, const gppo::Qwen3Config& c,
                                gppo::Precision precision) {
    const gppo::Index positions =
        std::min(longest, c.max_position_embeddings) + gppo::page_positions;
    return std::clamp<gppo::Index>(memory / 3 / (positions * position_bytes(c, precision)), 1,
                                   most_device_slots);
}

/// Bytes of the device that a run may take, of run.device_memory; 0: all.
inline gppo::Index device_memory_limit = 0;

/// Bytes of the pages of `slots` completions of `longest` tokens, whose prompts are not shared;
/// pages are taken in slabs (gppo::PagedCache).
inline gppo::Index paged_bytes(gppo::Index slots, gppo::Index longest, const gppo::Qwen3Config& c,
                               gppo::Precision precision) {
    const gppo::Index needed = slots * gppo::pages_of(longest);
    gppo::Index held = 0;
    while (held < needed) held += gppo::slab_pages(held);
    return held * gppo::page_positions * position_bytes(c, precision);
}
