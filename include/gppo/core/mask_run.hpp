// SPDX-License-Identifier: Apache-2.0
//
// A mask as stretches. Masks of language-model batches come in long runs (a tool's answer, a
// truncated completion), so a loop over a run needs no test a token and stays as fast as one
// without a mask.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/view.hpp>

#include <cstdint>
#include <cstring>

namespace gppo {

/// Tokens up to `end`: all of them train, none does, or each has to be asked.
struct MaskRun {
    enum class Kind { all, none, mixed };
    Index end;
    Kind kind;
};

/// The end of the run of tokens that are all selected, or all not, from `first` on.
GPPO_HD inline Index same_until(const std::uint8_t* mask /*(T)*/, Index first,
                                Index last) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    const bool on = mask[first] != 0;
    Index i = first + 1;
    while (i + 8 <= last) {
        std::uint64_t eight;
        std::memcpy(&eight, mask + i, 8);
        // The well-known test for a zero byte among eight.
        const bool has_zero = ((eight - ones) & ~eight & tops) != 0;
        if (on ? has_zero : eight != 0) break;
        i += 8;
    }
    while (i < last && (mask[i] != 0) == on) ++i;
    return i;
}

/// The stretch of tokens [first, last) that begins at `first`. Runs too short to be worth a loop of
/// their own are taken together as `mixed`.
GPPO_HD inline MaskRun mask_run(const std::uint8_t* mask /*(T)*/, Index first,
                                Index last) noexcept {
    constexpr Index worth = 32;  // tokens: two vectors of 16 floats
    const auto is_long = [=](Index from, Index to) { return to - from >= worth || to == last; };
    Index end = same_until(mask, first, last);
    if (is_long(first, end))
        return {end, mask[first] != 0 ? MaskRun::Kind::all : MaskRun::Kind::none};
    for (Index next = end; next < last; end = next) {
        next = same_until(mask, end, last);
        if (is_long(end, next)) break;
    }
    return {end, MaskRun::Kind::mixed};
}

}  // namespace gppo
