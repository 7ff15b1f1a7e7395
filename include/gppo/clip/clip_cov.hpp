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
#include <gppo/core/math.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/select.hpp>

#include <array>
#include <cmath>
#include <numeric>
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
    constexpr ClipCovOfSequence at_places(View<const Index> places) const noexcept {
        return {inner, places};
    }
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

    static constexpr Traits traits{.all_tokens = true};

    template <class X, std::floating_point T>
    BoundClipCov bind(const X& execution, const Batch<T>& batch) const {
        const std::vector<Piece> pieces = pieces_of(batch);
        const Covariance<T> cov = covariance_of(execution, batch, View<const Piece>(pieces));
        std::vector<Counts> counts(pieces.size());
        execution.for_rows(static_cast<Index>(pieces.size()), [&](auto, Index p) {
            const auto at = static_cast<std::size_t>(p);
            Row<T> row;
            std::size_t r = 0;
            for (Index first = 0; first < pieces[at].size; first += Row<T>::most)
                counts[at][r++] = static_cast<std::uint16_t>(
                    cov.per_token || cov.mask != nullptr ? eligible(cov, pieces[at], first, row)
                                                         : count(cov, pieces[at], first));
        });
        const std::vector<Index> token =
            draw(execution, cov, pieces, counts, std::max<Index>(1, wanted(cov.tokens)));
        return {PpoClip{low, high}, chosen_by_sequence(batch.offsets, token)};
    }
    constexpr Region region() const noexcept { return PpoClip{low, high}.region(); }

    constexpr Index wanted(Index tokens) const noexcept {
        return static_cast<Index>(share * static_cast<double>(tokens));
    }

  private:
    /// Eligible tokens in each row of a piece.
    using Counts = std::array<std::uint16_t, block_tokens / CovarianceRow<float>::most>;
    template <std::floating_point T>
    struct Row {
        static constexpr Index most = CovarianceRow<T>::most;
        CovarianceRow<T> cov;
        std::array<T, most> eligible;  // 1 or 0
    };

    /// What eligible() returns for a row without a mask whose sequence has one advantage: nothing
    /// is written down, so that it runs as fast as it reads.
    template <std::floating_point T>
    Index count(const Covariance<T>& cov, const Piece& piece, Index first) const noexcept {
        const Index size = std::min(Row<T>::most, piece.size - first);
        const T *const x = cov.logp + piece.first + first, *const old =
                                                               cov.logp_old + piece.first + first;
        const T advantage = cov.advantage[piece.sequence], a = advantage - cov.mean_advantage;
        const T mean = cov.mean_logp, from = T(lowest), to = T(highest);
        constexpr T most = math::largest<T>;
        const T above = advantage > T(0) ? static_cast<T>(std::log1p(double(high))) : most;
        const T below = advantage < T(0) ? static_cast<T>(std::log1p(-double(low))) : -most;
        T found = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : found)
#endif
        for (Index k = 0; k < size; ++k) {
            const T d = x[k] - old[k], c = a * (x[k] - mean);
            found += ((c > from) & (c < to) & (d <= above) & (d >= below)) ? T(1) : T(0);
        }
        return static_cast<Index>(found);
    }

    /// Fills the row with the piece's tokens from `first` on; how many of them may be drawn.
    template <std::floating_point T>
    Index eligible(const Covariance<T>& cov, const Piece& piece, Index first,
                   Row<T>& row) const noexcept {
        const Index size = std::min(Row<T>::most, piece.size - first);
        cov.fill(piece.sequence, piece.first + first, size, row.cov);
        const T from = T(lowest), to = T(highest);
        const T below = static_cast<T>(std::log1p(-double(low)));
        const T above = static_cast<T>(std::log1p(double(high)));
        const T *const c = row.cov.value.data(), *const d = row.cov.log_ratio.data();
        const T* const a = row.cov.advantage.data();
        T* const out = row.eligible.data();
        T count = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : count)
#endif
        for (Index k = 0; k < size; ++k) {
            const bool clipped =
                ((a[k] > T(0)) & (d[k] > above)) | ((a[k] < T(0)) & (d[k] < below));
            const T one = ((c[k] > from) & (c[k] < to) & !clipped) ? T(1) : T(0);
            out[k] = one, count += one;
        }
        return static_cast<Index>(count);
    }

    /// Places in the batch of the eligible tokens whose ranks are drawn: only the rows that hold
    /// one are read again.
    template <class X, std::floating_point T>
    std::vector<Index> draw(const X& execution, const Covariance<T>& cov,
                            const std::vector<Piece>& pieces, const std::vector<Counts>& counts,
                            Index count) const {
        Index total = 0;
        for (const Counts& c : counts) total = std::accumulate(c.begin(), c.end(), total);
        const std::vector<Index> rank = draw_ranks(seed, total, std::min(count, total));
        struct Job {
            std::size_t piece, row;
            Index before;             // eligible tokens before the row
            std::size_t first, last;  // ranks [first, last) are in it
        };
        std::vector<Job> jobs;
        Index before = 0;
        for (std::size_t p = 0, k = 0; k < rank.size(); ++p)
            for (std::size_t r = 0; r < counts[p].size(); ++r) {
                const std::size_t first = k;
                while (k < rank.size() && rank[k] < before + counts[p][r]) ++k;
                if (k > first) jobs.push_back({p, r, before, first, k});
                before += counts[p][r];
            }
        std::vector<Index> place(rank.size());
        execution.for_rows(static_cast<Index>(jobs.size()), [&](auto, Index j) {
            const auto [p, r, seen_before, from, last] = jobs[static_cast<std::size_t>(j)];
            Row<T> row;
            const Index first = static_cast<Index>(r) * Row<T>::most;
            eligible(cov, pieces[p], first, row);
            Index seen = seen_before;
            for (std::size_t k = from, i = 0; k < last && i < row.eligible.size(); ++i)
                if (row.eligible[i] > T(0) && seen++ == rank[k])
                    place[k++] = pieces[p].first + first + static_cast<Index>(i);
        });
        return place;
    }
};

}  // namespace gppo
