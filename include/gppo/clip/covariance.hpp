// SPDX-License-Identifier: Apache-2.0
//
// The token-wise covariance of advantage and log-prob, (A - mean A) (logp - mean logp), both means
// over the tokens of the batch that train. Cui et al. 2025 (arXiv 2505.22617) find that the few
// tokens where it is largest are what collapses entropy; clip_cov.hpp and kl_cov.hpp treat those
// apart. SkyRL hands its losses advantages divided by the number of tokens, so that bounds on the
// covariance mean something else there.
#pragma once

#include <gppo/core/pieces.hpp>

#include <limits>
#include <vector>

namespace gppo {

/// value(sequence, token) of a batch; NaN for a token that does not train or is not finite.
template <std::floating_point T>
struct Covariance {
    const T *logp = nullptr, *logp_old = nullptr, *advantage = nullptr;
    const std::uint8_t* mask = nullptr;
    bool per_token = false;
    T mean_advantage{}, mean_logp{};
    Index tokens = 0;  ///< that train

    T advantage_of(Index b, Index i) const noexcept { return advantage[per_token ? i : b]; }
    T log_ratio(Index i) const noexcept { return logp[i] - logp_old[i]; }
    T operator()(Index b, Index i) const noexcept {
        const T nothing = log_ratio(i) - log_ratio(i);  // NaN where a log-prob is not finite
        const bool on = mask == nullptr || mask[i] != 0;
        const T value = (advantage_of(b, i) - mean_advantage) * (logp[i] - mean_logp) + nothing;
        return on ? value : std::numeric_limits<T>::quiet_NaN();
    }
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
    const auto logps = sums([c](Index, Index i) { return c.logp[i] + (c.log_ratio(i) * T(0)); });
    std::vector<PartialSum> advantages;
    if (c.per_token)
        advantages = sums([c](Index, Index i) { return c.advantage[i] + (c.log_ratio(i) * T(0)); });
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
