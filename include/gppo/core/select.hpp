// SPDX-License-Identifier: Apache-2.0
//
// The largest values of a batch without sorting it and without an array of it: a radix selection
// over the bits of a float, eleven at a time, whose counts are taken over a fixed number of rows
// and added in order. Values are compared as floats.
#pragma once

#include <gppo/core/ordered_bits.hpp>
#include <gppo/core/pieces.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace gppo {

/// Tokens chosen from the batch, a few, by the sequence they are in.
struct Chosen {
    std::vector<Index> place;  // counted from the sequence's first token
    std::vector<Index> first;  // (B + 1) of `place`

    View<const Index> in(Index b) const noexcept {
        const auto s = static_cast<std::size_t>(b);
        return {place.data() + first[s], first[s + 1] - first[s]};
    }
};

/// `token` are increasing places in the batch.
inline Chosen chosen_by_sequence(View<const Index> offsets /*(B + 1)*/, View<const Index> token) {
    Chosen chosen;
    chosen.first.reserve(static_cast<std::size_t>(offsets.size));
    Index k = 0;
    for (Index b = 0; b + 1 < offsets.size; ++b) {
        chosen.first.push_back(k);
        for (; k < token.size && token[k] < offsets[b + 1]; ++k)
            chosen.place.push_back(token[k] - offsets[b]);
    }
    chosen.first.push_back(k);
    return chosen;
}

/// One digit of the values whose higher bits are `prefix`.
struct Digits {
    static constexpr int levels = 3;
    static constexpr std::array<int, 3> shift{21, 10, 0}, bits{11, 11, 10};
    std::array<Index, 2048> count{};
    std::array<double, 2048> sum{};
};

/// Counts and sums by digit. value(sequence, token) is a float, NaN for a token out of the contest.
template <class X, class F>
Digits digits_of(const X& execution, View<const Piece> pieces, int level, std::uint32_t prefix,
                 F value) {
    const Index rows = std::min<Index>(pieces.size, 32);
    std::vector<Digits> parts(static_cast<std::size_t>(rows));
    Digits* const part = parts.data();
    const int shift = Digits::shift[static_cast<std::size_t>(level)];
    const int width = Digits::bits[static_cast<std::size_t>(level)];
    execution.for_rows(rows, [=](auto, Index row) {
        for (Index p = row * pieces.size / rows; p < (row + 1) * pieces.size / rows; ++p)
            for (Index i = 0; i < pieces[p].size; ++i) {
                const float x = value(pieces[p].sequence, pieces[p].first + i);
                const std::uint64_t key = ordered_bits(x);
                if (key == 0 || key >> (shift + width) != prefix) continue;
                const auto digit = (key >> shift) & ((std::uint64_t{1} << width) - 1);
                ++part[row].count[digit];
                part[row].sum[digit] += static_cast<double>(x);
            }
    });
    for (Index row = 1; row < rows; ++row)
        for (std::size_t d = 0; d < 2048; ++d) {
            part[0].count[d] += part[row].count[d];
            part[0].sum[d] += part[row].sum[d];
        }
    return parts[0];
}

/// Places in the batch, increasing, of the tokens whose ordered value is in [lowest, highest]; at
/// most `most`.
template <class X, class F>
std::vector<Index> places_between(const X& execution, View<const Piece> pieces,
                                  std::uint64_t lowest, std::uint64_t highest, Index most,
                                  F value) {
    std::vector<std::vector<Index>> parts(static_cast<std::size_t>(pieces.size));
    std::vector<Index>* const part = parts.data();
    execution.for_rows(pieces.size, [=](auto, Index p) {
        for (Index i = 0; i < pieces[p].size && static_cast<Index>(part[p].size()) < most; ++i) {
            const std::uint64_t key = ordered_bits(value(pieces[p].sequence, pieces[p].first + i));
            if (key >= lowest && key <= highest) part[p].push_back(pieces[p].first + i);
        }
    });
    std::vector<Index> places;
    for (const std::vector<Index>& each : parts)
        for (const Index place : each)
            if (static_cast<Index>(places.size()) < most) places.push_back(place);
    return places;
}

/// Places in the batch, increasing, of the `count` largest values; of equal ones the first.
template <class X, class F>
std::vector<Index> largest(const X& execution, View<const Piece> pieces, Index count, F value) {
    std::uint32_t prefix = 0;
    Index wanted = count;  // among the values that share the prefix
    for (int level = 0; level < Digits::levels; ++level) {
        const Digits digits = digits_of(execution, pieces, level, prefix, value);
        std::size_t d = 2047;
        for (; d > 0 && digits.count[d] < wanted; --d) wanted -= digits.count[d];
        prefix = (prefix << Digits::bits[static_cast<std::size_t>(level)]) |
                 static_cast<std::uint32_t>(d);
    }
    constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    auto places = places_between(execution, pieces, std::uint64_t{prefix} + 1, all, count, value);
    const auto equal = places_between(execution, pieces, std::max(prefix, 1u), prefix,
                                      count - static_cast<Index>(places.size()), value);
    places.insert(places.end(), equal.begin(), equal.end());
    std::sort(places.begin(), places.end());
    return places;
}

/// The smallest value that must go, with all above it, for the mean of the rest to be at most
/// `mean`; infinity if none must. Equal values go together. The values must not be negative.
template <class X, class F>
float cut_for_mean(const X& execution, View<const Piece> pieces, double mean, F value) {
    std::uint32_t prefix = 0;
    PartialSum below;
    for (int level = 0; level < Digits::levels; ++level) {
        const Digits digits = digits_of(execution, pieces, level, prefix, value);
        std::size_t d = 0, filled = 2048;
        PartialSum before = below;  // without the last digit that has values
        for (; d < 2048; ++d) {
            if (digits.count[d] == 0) continue;
            filled = d, before = below;
            below.add({digits.sum[d], digits.count[d]});
            if (below.mean() > mean) break;
        }
        if (d == 2048 && level == 0) return std::numeric_limits<float>::infinity();
        d = filled, below = before;  // at the lower levels rounding may hide who went over
        prefix = (prefix << Digits::bits[static_cast<std::size_t>(level)]) |
                 static_cast<std::uint32_t>(d);
    }
    return __builtin_bit_cast(float, prefix & 0x7FFFFFFFu);
}

}  // namespace gppo
