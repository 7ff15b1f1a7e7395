// SPDX-License-Identifier: Apache-2.0
//
// The token-wise covariance of advantage and log-prob, (A - mean A) (logp - mean logp), both means
// over the tokens of the batch that train. Cui et al. 2025 (arXiv 2505.22617) find that the few
// tokens where it is largest are what collapses entropy; clip_cov.hpp and kl_cov.hpp treat those
// apart. SkyRL hands its losses advantages divided by the number of tokens, so that bounds on the
// covariance mean something else there.
#pragma once

#include <gppo/core/pieces.hpp>

#include <array>
#include <limits>
#include <vector>

namespace gppo {

/// What is looked at together: short enough for the first-level cache, so that loops over it read
/// plain arrays and vectorise.
template <std::floating_point T>
struct CovarianceRow {
    static constexpr Index most = 256;
    std::array<T, most> value, advantage, log_ratio;
};

/// value(sequence, token) of a batch; NaN for a token that does not train or is not finite.
template <std::floating_point T>
struct Covariance {
    const T *logp = nullptr, *logp_old = nullptr, *advantage = nullptr;
    const std::uint8_t* mask = nullptr;
    bool per_token = false;
    T mean_advantage{}, mean_logp{};
    Index tokens = 0;  ///< that train

    T log_ratio(Index i) const noexcept { return logp[i] - logp_old[i]; }
    T operator()(Index b, Index i) const noexcept {
        CovarianceRow<T> row;
        fill(b, i, 1, row);
        return row.value[0];
    }
    /// Tokens [first, first + size) of the batch, all of sequence b.
    void fill(Index b, Index first, Index size, CovarianceRow<T>& row) const noexcept {
        const T *const x = logp + first, *const old = logp_old + first;
        const T *const each = advantage + (per_token ? first : 0),
                       one = per_token ? T(0) : advantage[b];
        T *const a = row.advantage.data(), *const d = row.log_ratio.data(),
                 *const v = row.value.data();
        for (Index k = 0; k < size; ++k) a[k] = per_token ? each[k] : one;
        const T mean_a = mean_advantage, mean_x = mean_logp;
#ifdef _OPENMP
#pragma omp simd
#endif
        for (Index k = 0; k < size; ++k) {
            d[k] = x[k] - old[k];
            // d - d is NaN where a log-prob is not finite.
            v[k] = (a[k] - mean_a) * (x[k] - mean_x) + (d[k] - d[k]);
        }
        if (mask == nullptr) return;
        for (Index k = 0; k < size; ++k)
            v[k] = mask[first + k] != 0 ? v[k] : std::numeric_limits<T>::quiet_NaN();
    }
};

/// A token's number, to be summed; functions that nvcc takes for any team's.
template <std::floating_point T>
struct TokenLogp {
    const T* logp;  // (T)
    GPPO_HD T operator()(Index, Index i) const noexcept { return logp[i]; }
};
/// Not finite where the log-prob is not.
template <std::floating_point T>
struct TokenAdvantage {
    const T *advantage, *logp;  // (T)
    GPPO_HD T operator()(Index, Index i) const noexcept { return advantage[i] + logp[i] * T(0); }
};

/// The two means take one parallel pass.
template <class X, std::floating_point T>
Covariance<T> covariance_of(const X& execution, const Batch<T>& batch, View<const Piece> pieces) {
    Covariance<T> c;
    c.logp = batch.logp.data, c.logp_old = batch.logp_old.data;
    c.advantage = batch.advantage.data;
    c.mask = batch.mask.empty() ? nullptr : batch.mask.data;
    c.per_token = batch.advantage.size != batch.sequences();
    const auto sums = [&](auto term) { return piece_sums(execution, batch, pieces, term); };
    // logp_old is not read: the pass takes as long as it reads. Where that is not finite, evaluate
    // says so and what is drawn does not matter.
    const auto logps = sums(TokenLogp<T>{c.logp});
    std::vector<PartialSum> advantages;
    if (c.per_token) advantages = sums(TokenAdvantage<T>{c.advantage, c.logp});
    PartialSum logp, advantage;
    for (std::size_t p = 0; p < logps.size(); ++p) {
        logp.add(logps[p]);
        const double n = static_cast<double>(logps[p].count);
        if (c.per_token)
            advantage.add(advantages[p]);
        else
            advantage.add(
                {n * static_cast<double>(c.advantage[pieces[static_cast<Index>(p)].sequence]),
                 logps[p].count});
    }
    c.mean_logp = static_cast<T>(logp.mean());
    c.mean_advantage = static_cast<T>(advantage.mean());
    c.tokens = logp.count;
    return c;
}

}  // namespace gppo
