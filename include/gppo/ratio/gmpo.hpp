// SPDX-License-Identifier: Apache-2.0
//
// GMPO, geometric-mean policy optimization (Zhao et al. 2025, arXiv 2507.20673): clip every token's
// log-ratio on the side PPO would, then take the geometric mean of the sequence's ratios,
// rho = exp(mean_t d_t), d_t = min(D_t, high) for A > 0 and max(D_t, -low) for A < 0, D = logp -
// logp_old. J of a sequence is rho A. The bounds are log-ratios, not ratios.
//
// verl averages the advantages of a sequence's tokens and ignores its loss_agg_mode; TRL has it as
// an experiment. Neither guards the log-ratio.
#pragma once

#include <gppo/ratio/sequence.hpp>

namespace gppo {

template <std::floating_point T>
struct GmpoOfSequence {
    T low{}, high{};  // log-ratios
    T rho{1};

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T log_ratio = t.logp - t.logp_old;
        const bool clipped = t.advantage > T(0) ? log_ratio > high : log_ratio < -low;
        const T value = rho * t.advantage;
        return {value, clipped ? T(0) : value};
    }
    Region region() const noexcept {
        return {.lowest = math::exp(static_cast<float>(-low)),
                .highest = math::exp(static_cast<float>(high))};
    }
};

template <std::floating_point T>
struct BoundGmpo {
    T low{}, high{};
    std::vector<T> rho;  // (B)

    GmpoOfSequence<T> at(Index b) const noexcept {
        return {low, high, rho[static_cast<std::size_t>(b)]};
    }
};

/// A token's log-ratio, clipped on the side of its sequence's advantage. An infinite log-prob gives
/// NaN: it is left out, not clipped.
template <std::floating_point T>
struct GmpoLogRatio {
    const T *logp, *logp_old;  // (T)
    const T* advantage;        // (B)
    T lowest, highest;

    GPPO_HD T operator()(Index b, Index i) const noexcept {
        const T d = logp[i] - logp_old[i];
        const T clipped = advantage[b] > T(0) ? math::min(d, highest) : math::max(d, lowest);
        return clipped + (d - d);
    }
};

///            A > 0, D > high        A < 0, D < -low       otherwise
///   value    rho A                  rho A                 rho A
///   weight   0                      0                     rho A
/// The coefficient of SequenceMeanTokenMean, 1 / (B n), makes these the paper's mean over sequences
/// of rho A and its derivative rho A / n; no other aggregation is GMPO.
struct Gmpo {
    float low = 0.4f;
    float high = 0.4f;

    static constexpr Traits traits{.one_advantage = true, .sequence_mean = true};

    template <class X, std::floating_point T>
    BoundGmpo<T> bind(const X& execution, const Batch<T>& batch) const {
        BoundGmpo<T> bound{T(low), T(high), {}};
        const GmpoLogRatio<T> log_ratio{batch.logp.data, batch.logp_old.data, batch.advantage.data,
                                        -T(low), T(high)};
        for (const PartialSum& x : sequence_sums(execution, batch, log_ratio))
            bound.rho.push_back(sequence_ratio<T>(x.mean()));
        return bound;
    }
};

}  // namespace gppo
