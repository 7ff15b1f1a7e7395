// SPDX-License-Identifier: Apache-2.0
//
// Clip-Cov (Cui et al. 2025, arXiv 2505.22617): PPO's clip, and a few tokens at random among those
// of high covariance (covariance.hpp) fall silent. Eligible are tokens that PPO does not clip with
// a covariance in (lowest, highest); of them max(1, floor(share x tokens)) are drawn.
//
// The draw depends on `seed` and the batch alone (verl's randperm is not seeded): give every step a
// seed of its own. It binds the batch it is given, so the micro-batches of a step must share one
// bound policy (bind.hpp) for the draw to be the step's.
#pragma once

#include <gppo/clip/covariance.hpp>
#include <gppo/clip/ppo.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/select.hpp>

#include <cmath>
#include <unordered_set>

namespace gppo {

struct ClipCovOfSequence {
    PpoClip inner{};
    View<const Index> drawn{};

    template <std::floating_point T>
    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        return inner(t);
    }
    GPPO_HD constexpr View<const Index> revised() const noexcept { return drawn; }
    template <std::floating_point T>
    GPPO_HD constexpr Term<T> revise(Token<T>) const noexcept {
        return {};
    }
    constexpr Region region() const noexcept { return inner.region(); }
};
struct BoundClipCov {
    PpoClip inner{};
    Chosen drawn;
    ClipCovOfSequence at(Index b) const noexcept { return {inner, drawn.in(b)}; }
};

/// `count` different numbers below n, increasing (Floyd's algorithm).
inline std::vector<Index> draw_ranks(std::uint64_t seed, Index n, Index count) {
    const Philox random{seed};
    std::unordered_set<Index> ranks;
    for (Index j = n - count; j < n; ++j) {
        const auto rank = static_cast<Index>(
            random.below(static_cast<std::uint64_t>(j) + 1, 0, static_cast<std::uint64_t>(j)));
        if (!ranks.insert(rank).second) ranks.insert(j);
    }
    std::vector<Index> sorted(ranks.begin(), ranks.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

///            drawn                  otherwise
///   value    0                      PPO's
///   weight   0                      PPO's
struct ClipCov {
    float low = 0.2f;
    float high = 0.2f;
    double share = 2e-4;  ///< of the batch's tokens
    float lowest = 1.0f;  ///< of the covariance
    float highest = 5.0f;
    std::uint64_t seed = 0;

    template <class X, std::floating_point T>
    BoundClipCov bind(const X& execution, const Batch<T>& batch) const {
        const std::vector<Piece> pieces = pieces_of(batch);
        const Covariance<T> cov = covariance_of(execution, batch, View<const Piece>(pieces));
        const T from = T(lowest), to = T(highest);
        const T below = static_cast<T>(std::log1p(-double(low)));
        const T above = static_cast<T>(std::log1p(double(high)));
        const auto eligible = [=](Index b, Index i) -> T {
            const T c = cov(b, i), d = cov.log_ratio(i);
            const T a = cov.advantage_of(b, i);
            const bool clipped = ((a > T(0)) & (d > above)) | ((a < T(0)) & (d < below));
            return (c > from) & (c < to) & !clipped ? T(1) : T(0);
        };
        const auto counts = piece_sums(execution, batch, View<const Piece>(pieces), eligible);
        const std::vector<Index> token =
            draw(execution, pieces, counts, eligible, std::max<Index>(1, wanted(cov.tokens)));
        return {PpoClip{low, high}, chosen_by_sequence(batch.offsets, token)};
    }
    constexpr Region region() const noexcept { return PpoClip{low, high}.region(); }

    constexpr Index wanted(Index tokens) const noexcept {
        return static_cast<Index>(share * static_cast<double>(tokens));
    }

    /// Places in the batch of the eligible tokens whose ranks are drawn: only the pieces that hold
    /// one are read again.
    template <class X, class F>
    std::vector<Index> draw(const X& execution, const std::vector<Piece>& pieces,
                            const std::vector<PartialSum>& counts, F eligible, Index count) const {
        Index total = 0;
        for (const PartialSum& c : counts) total += static_cast<Index>(c.sum);
        const std::vector<Index> rank = draw_ranks(seed, total, std::min(count, total));
        struct Job {
            std::size_t piece, first, last;  // ranks [first, last)
            Index before;                    // eligible tokens in the pieces before
        };
        std::vector<Job> jobs;
        Index before = 0;
        for (std::size_t p = 0, k = 0; k < rank.size(); ++p) {
            const Index after = before + static_cast<Index>(counts[p].sum);
            const std::size_t first = k;
            while (k < rank.size() && rank[k] < after) ++k;
            if (k > first) jobs.push_back({p, first, k, before});
            before = after;
        }
        std::vector<Index> place(rank.size());
        execution.for_rows(static_cast<Index>(jobs.size()), [&](auto, Index j) {
            const Job& job = jobs[static_cast<std::size_t>(j)];
            const Piece& piece = pieces[job.piece];
            Index seen = job.before;
            for (std::size_t k = job.first, i = 0; k < job.last; ++i) {
                const Index token = piece.first + static_cast<Index>(i);
                if (!(eligible(piece.sequence, token) > 0)) continue;
                if (seen++ == rank[k]) place[k++] = token;
            }
        });
        return place;
    }
};

}  // namespace gppo
