// SPDX-License-Identifier: Apache-2.0
//
// VESPO, variational sequence-level soft policy optimization (2026, arXiv 2602.10693): no clip, but
// a smooth weight of the whole sequence's ratio, w = exp(sum_t (logp - logp_old)):
//
//   phi(w) = e^lambda w^k e^(-lambda w),  phi(1) = 1,   J = sg(phi) A logp
//
// with its own k and lambda for each sign of the advantage. As in TRL and the authors' code, each
// log-ratio is clamped to +-20 and log w to [log 1e-8, 20].
#pragma once

#include <gppo/ratio/sequence.hpp>

#include <algorithm>
#include <cmath>

namespace gppo {

template <std::floating_point T>
struct VespoOfSequence {
    T good{1};  ///< phi for A >= 0
    T bad{1};   ///< phi for A < 0

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const T weight = (t.advantage < T(0) ? bad : good) * t.advantage;
        return {weight * t.logp, weight};
    }
};

/// A token's log-ratio within +-20; NaN for an infinite one.
template <std::floating_point T>
struct VespoLogRatio {
    const T *logp, *logp_old;  // (T)
    GPPO_HD T operator()(Index, Index i) const noexcept {
        const T d = logp[i] - logp_old[i];
        return math::clamp(d, T(-20), T(20)) + (d - d);
    }
};

template <std::floating_point T>
struct BoundVespo {
    std::vector<VespoOfSequence<T>> phi;  // (B)
    VespoOfSequence<T> at(Index b) const noexcept { return phi[static_cast<std::size_t>(b)]; }
};

///            A > 0                              A < 0
///   value    phi(w; k_good, lambda_good) A logp phi(w; k_bad, lambda_bad) A logp
///   weight   phi A                              phi A, for every token of the sequence
struct Vespo {
    float k_good = 2.0f;
    float lambda_good = 3.0f;
    float k_bad = 3.0f;
    float lambda_bad = 2.0f;

    static constexpr Traits traits{.own_correction = true};

    static double phi(double log_w, double k, double lambda) {
        lambda = std::max(lambda, 1e-4);
        return std::exp(lambda + k * log_w - lambda * std::exp(log_w));
    }

    template <class X, std::floating_point T>
    BoundVespo<T> bind(const X& execution, const Batch<T>& batch) const {
        BoundVespo<T> bound;
        const VespoLogRatio<T> log_ratio{batch.logp.data, batch.logp_old.data};
        for (const PartialSum& x : sequence_sums(execution, batch, log_ratio)) {
            const double log_w = std::clamp(x.sum, std::log(1e-8), 20.0);
            bound.phi.push_back({static_cast<T>(phi(log_w, double(k_good), double(lambda_good))),
                                 static_cast<T>(phi(log_w, double(k_bad), double(lambda_bad)))});
        }
        return bound;
    }
};

}  // namespace gppo
