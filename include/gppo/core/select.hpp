// SPDX-License-Identifier: Apache-2.0
//
// The largest values of a batch without sorting it and without an array of it. A few values are
// looked at to guess what the smallest of the largest is; one pass then keeps all above the guess.
// Where the guess was wrong: a radix selection over the bits of a float, eleven at a time, whose
// counts are taken over a fixed number of rows and added in order. Values are compared as floats.
#pragma once

#include <gppo/core/ordered_bits.hpp>
#include <gppo/core/pieces.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
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
/// value(sequence, token) as above.
template <class X, class F>
std::vector<Index> largest_by_digits(const X& execution, View<const Piece> pieces, Index count,
                                     F value) {
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

/// A value that a few more than `count` of the batch's values are likely to reach, from a sample;
/// infinity where the sample says nothing. fill(sequence, first, size, out) writes values.
template <class F>
float guess_bound(View<const Piece> pieces, Index count, F fill) {
    constexpr Index most = 16384, a_piece = 8;
    Index tokens = 0;
    for (Index p = 0; p < pieces.size; ++p) tokens += pieces[p].size;
    const Index step = pieces.size * a_piece / most + 1;
    std::vector<float> sample;
    for (Index p = 0; p < pieces.size; p += step)
        for (Index k = 0; k < std::min(a_piece, pieces[p].size); ++k) {
            const Index i = k * pieces[p].size / std::min(a_piece, pieces[p].size);
            float x;
            fill(pieces[p].sequence, pieces[p].first + i, Index{1}, &x);
            if (x == x) sample.push_back(x);
        }
    const double expected = static_cast<double>(count) * static_cast<double>(sample.size()) /
                            static_cast<double>(std::max<Index>(tokens, 1));
    const auto rank = static_cast<std::size_t>(expected + 4 * std::sqrt(expected) + 4);
    if (rank >= sample.size()) return std::numeric_limits<float>::infinity();
    const auto at = sample.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(sample.begin(), at, sample.end(), std::greater<>{});
    return *at;
}

struct Candidate {
    std::uint32_t order;  // of its value, see ordered_bits
    Index place;
    /// The larger value first; of equal ones the first place.
    friend bool operator<(const Candidate& a, const Candidate& b) noexcept {
        return a.order != b.order ? a.order > b.order : a.place < b.place;
    }
};

/// The values of a piece that reach `bound`; false if they are more than a sixteenth of it.
template <class F>
bool keep_above(const Piece& piece, float bound, F fill, std::vector<Candidate>& kept) {
    constexpr Index most = 256;
    std::array<float, most> row;
    const float* const x = row.data();
    for (Index first = 0; first < piece.size; first += most) {
        const Index size = std::min(most, piece.size - first);
        fill(piece.sequence, piece.first + first, size, row.data());
        std::int32_t found = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : found)
#endif
        for (Index k = 0; k < size; ++k) found += x[k] >= bound ? 1 : 0;
        if (found == 0) continue;
        if (static_cast<Index>(kept.size()) + found > block_tokens / 16) return false;
        for (Index k = 0; k < size; ++k)
            if (x[k] >= bound) kept.push_back({ordered_bits(x[k]), piece.first + first + k});
    }
    return true;
}

/// Places in the batch, increasing, of the `count` largest values; of equal ones the first.
/// fill(sequence, first, size, out) writes the values of tokens [first, first + size <= 256), NaN
/// for one out of the contest.
template <class X, class F>
std::vector<Index> largest(const X& execution, View<const Piece> pieces, Index count, F fill) {
    const float bound = guess_bound(pieces, count, fill);
    std::vector<std::vector<Candidate>> parts(static_cast<std::size_t>(pieces.size));
    std::vector<std::uint8_t> whole(parts.size(), 0);
    if (bound < std::numeric_limits<float>::infinity())
        execution.for_rows(pieces.size, [&](auto, Index p) {
            const auto at = static_cast<std::size_t>(p);
            whole[at] = keep_above(pieces[p], bound, fill, parts[at]) ? 1 : 0;
        });
    std::vector<Candidate> kept;
    for (const auto& part : parts) kept.insert(kept.end(), part.begin(), part.end());
    const bool enough = std::find(whole.begin(), whole.end(), 0) == whole.end();
    if (!enough || static_cast<Index>(kept.size()) < count)
        return largest_by_digits(execution, pieces, count, [=](Index b, Index i) {
            float x;
            fill(b, i, Index{1}, &x);
            return x;
        });
    std::nth_element(kept.begin(), kept.begin() + count, kept.end());
    std::vector<Index> places;
    for (Index k = 0; k < count; ++k) places.push_back(kept[static_cast<std::size_t>(k)].place);
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
