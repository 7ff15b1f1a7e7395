// SPDX-License-Identifier: Apache-2.0
//
// Sums over sequences and over the batch, for policies that need more than one token. A sequence is
// cut into pieces from its own first token, and pieces are added in order: a sequence's sum depends
// neither on the number of threads nor on what else is in the batch.
#pragma once

#include <gppo/core/batch.hpp>
#include <gppo/core/execution.hpp>
#include <gppo/core/math.hpp>

#include <algorithm>
#include <vector>

namespace gppo {

/// Tokens [first, first + size) of the batch, all of one sequence.
struct Piece {
    Index sequence = 0;
    Index first = 0;
    Index size = 0;
};

/// The whole batch, in order: at most B + T / block_tokens pieces.
template <std::floating_point T>
std::vector<Piece> pieces_of(const Batch<T>& batch) {
    std::vector<Piece> pieces;
    pieces.reserve(static_cast<std::size_t>(batch.sequences() + batch.tokens() / block_tokens));
    for (Index b = 0; b < batch.sequences(); ++b)
        for (Index first = batch.offsets[b]; first < batch.offsets[b + 1]; first += block_tokens)
            pieces.push_back({b, first, std::min(block_tokens, batch.offsets[b + 1] - first)});
    return pieces;
}

/// A sum over tokens that train and whose term is finite, and how many they are.
struct PartialSum {
    double sum = 0.0;
    Index count = 0;

    GPPO_HD constexpr void add(const PartialSum& other) noexcept {
        sum += other.sum;
        count += other.count;
    }
    /// 0 for no tokens.
    GPPO_HD constexpr double mean() const noexcept {
        return count > 0 ? sum / static_cast<double>(count) : 0.0;
    }
};

/// Sum of term(sequence, token) over one piece; `token` is a place in the batch.
template <class X, class F>
GPPO_HD PartialSum piece_sum(X team, const std::uint8_t* mask, Piece piece, F term) {
    const auto at = [=](Index i) { return term(piece.sequence, piece.first + i); };
    using T = decltype(at(Index{}));
    if (mask == nullptr) {
        const T sum = team.sum(piece.size, at);
        if (math::finite(sum)) return {static_cast<double>(sum), piece.size};
    }
    const auto on = [=](Index i) {
        return (mask == nullptr || mask[piece.first + i] != 0) && math::finite(at(i));
    };
    const T sum = team.sum(piece.size, [=](Index i) -> T { return on(i) ? at(i) : T(0); });
    const T count = team.sum(piece.size, [=](Index i) -> T { return on(i) ? T(1) : T(0); });
    return {static_cast<double>(sum), static_cast<Index>(count)};
}

/// The sum of every piece. One parallel pass.
template <class X, std::floating_point T, class F>
std::vector<PartialSum> piece_sums(const X& execution, const Batch<T>& batch,
                                   View<const Piece> pieces, F term) {
    std::vector<PartialSum> sums(static_cast<std::size_t>(pieces.size));
    PartialSum* const out = sums.data();
    const std::uint8_t* const mask = batch.mask.empty() ? nullptr : batch.mask.data;
    execution.for_rows(
        pieces.size, [=](auto team, Index p) { out[p] = piece_sum(team, mask, pieces[p], term); });
    return sums;
}

/// The sum of every sequence, (B).
template <class X, std::floating_point T, class F>
std::vector<PartialSum> sequence_sums(const X& execution, const Batch<T>& batch, F term) {
    const std::vector<Piece> pieces = pieces_of(batch);
    const std::vector<PartialSum> parts = piece_sums(execution, batch, pieces, term);
    std::vector<PartialSum> sums(static_cast<std::size_t>(batch.sequences()));
    for (std::size_t p = 0; p < parts.size(); ++p)
        sums[static_cast<std::size_t>(pieces[p].sequence)].add(parts[p]);
    return sums;
}

/// The sum of one sequence as a row of a team, for batches that lie where the host cannot read.
template <class F>
struct SequenceSum {
    const Index* offsets;      // (B + 1)
    const std::uint8_t* mask;  // (T) or null
    F term;
    PartialSum* out;  // (B)

    template <class X>
    GPPO_HD void operator()(X team, Index b) const {
        PartialSum total;
        for (Index first = offsets[b]; first < offsets[b + 1]; first += block_tokens)
            total.add(piece_sum(team, mask,
                                {b, first, math::min(block_tokens, offsets[b + 1] - first)}, term));
        PartialSum* const to = out + b;
        team.for_each(1, [=](Index) { *to = total; });
    }
};

/// x - y of a token: a log-ratio.
template <std::floating_point T>
struct TokenDifference {
    const T *x, *y;  // (T)
    GPPO_HD T operator()(Index, Index i) const noexcept { return x[i] - y[i]; }
};

/// Sum of x - y over every sequence.
template <class X, std::floating_point T>
std::vector<PartialSum> sequence_differences(const X& execution, const Batch<T>& batch,
                                             View<const T> x /*(T)*/, View<const T> y /*(T)*/) {
    return sequence_sums(execution, batch, TokenDifference<T>{x.data, y.data});
}

}  // namespace gppo
