// SPDX-License-Identifier: Apache-2.0
//
// A random batch in double precision with everything a two-phase policy or a correction may read,
// and J and dJ/dlogp of it. Coefficients are 1, so that J is the plain sum of the terms.
#pragma once

#include <gppo/core/philox.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

struct Doubles {
    using Index = gppo::Index;
    std::vector<double> logp, logp_old, logp_rollout, entropy, entropy_old, advantage, coefficient,
        dlogp;
    std::vector<Index> offsets{0}, group;
    std::vector<std::uint8_t> mask, off_policy;

    explicit Doubles(std::uint64_t seed, Index sequences = 6, double spread = 0.3,
                     Index longest = 9)
        : random_{seed} {
        for (Index b = 0; b < sequences; ++b) {
            for (Index n = 1 + b % longest; n > 0; --n) {
                logp_old.push_back(-0.1 - 3 * uniform());
                logp.push_back(logp_old.back() + spread * (2 * uniform() - 1));
                logp_rollout.push_back(logp_old.back() + spread * (2 * uniform() - 1));
                entropy_old.push_back(0.5 + uniform());
                entropy.push_back(entropy_old.back() * (0.9 + 0.2 * uniform()));
            }
            offsets.push_back(static_cast<Index>(logp.size()));
            group.push_back(b / 2);
            advantage.push_back(b % 5 == 4 ? 0.0 : (b % 2 ? -1.0 : 1.0) * (0.5 + uniform()));
            off_policy.push_back(b % 3 == 0);
        }
        coefficient.assign(group.size(), 1.0);
        dlogp.resize(logp.size());
    }
    double uniform() { return static_cast<double>(random_.uniform(7, counter_++)); }

    gppo::Batch<double> view() {
        gppo::Batch<double> batch{.logp = logp,
                                  .logp_old = logp_old,
                                  .offsets = offsets,
                                  .group = group,
                                  .advantage = advantage,
                                  .coefficient = coefficient};
        batch.mask = mask;
        batch.entropy = entropy;
        batch.logp_rollout = logp_rollout;
        batch.entropy_old = entropy_old;
        batch.off_policy = off_policy;
        return batch;
    }
    /// J; dlogp becomes -dJ/dlogp.
    template <class P, class R = gppo::NoCorrection>
    double j(const P& policy, const R& correction = {}) {
        const gppo::Objective objective{gppo::GroupMean{},
                                        policy,
                                        gppo::SequenceMeanTokenMean{},
                                        gppo::KlTerm{gppo::NoKl{}},
                                        gppo::EntropyBonus{},
                                        gppo::Positives{},
                                        correction};
        return -gppo::evaluate(gppo::serial, objective, view(), dlogp).pg;
    }
    /// dJ/dlogp of token t.
    double weight(std::size_t t) const { return -dlogp[t]; }
    /// Sequence of token t.
    std::size_t sequence(std::size_t t) const {
        return static_cast<std::size_t>(
            std::upper_bound(offsets.begin(), offsets.end(), static_cast<Index>(t)) -
            offsets.begin() - 1);
    }
    double mean_log_ratio(std::size_t b) const {
        double sum = 0;
        Index n = 0;
        for (Index t = offsets[b]; t < offsets[b + 1]; ++t)
            if (mask.empty() || mask[static_cast<std::size_t>(t)]) ++n, sum += log_ratio(t);
        return n > 0 ? sum / static_cast<double>(n) : 0.0;
    }
    double log_ratio(Index t) const {
        return logp[static_cast<std::size_t>(t)] - logp_old[static_cast<std::size_t>(t)];
    }
    /// The largest difference between weight and central difference of J, relative to the largest
    /// weight. For policies without a stop-gradient.
    template <class P>
    double slope_error(const P& policy) {
        j(policy);
        const auto gradient = dlogp;
        double worst = 0, scale = 0;
        for (std::size_t t = 0; t < logp.size(); ++t) {
            const double h = 1e-6, at = logp[t];
            logp[t] = at + h;
            const double up = j(policy);
            logp[t] = at - h;
            const double down = j(policy);
            logp[t] = at;
            worst = std::max(worst, std::abs((up - down) / (2 * h) + gradient[t]));
            scale = std::max(scale, std::abs(gradient[t]));
        }
        dlogp = gradient;
        return scale > 0 ? worst / scale : worst;
    }

  private:
    gppo::Philox random_;
    std::uint64_t counter_ = 0;
};

/// Log-ratios no policy may answer with a NaN.
inline const std::vector<float> extreme_log_ratios{-1e30f, -104.0f, -89.0f, -20.0f, 0.0f,
                                                   20.0f,  88.5f,   89.0f,  104.0f, 1e30f};

/// Whether value and weights are numbers at every extreme log-ratio, for good, bad and no
/// advantage.
template <class P, class R = gppo::NoCorrection>
bool survives_extremes(const P& policy, const R& correction = {}) {
    bool fine = true;
    for (const float d : extreme_log_ratios)
        for (const float a : {-0.5f, 0.0f, 0.5f}) {
            const std::vector<float> logp{-1.0f + d, -1.0f}, old{-1.0f, -1.0f}, h{1.0f, 1.0f};
            const std::vector<float> rollout{-1.0f - d / 2, -1.0f};
            const std::vector<gppo::Index> offsets{0, 2}, group{0};
            const std::vector<std::uint8_t> off{1};
            std::vector<float> dlogp(2), advantage{a}, one{1.0f};
            gppo::Batch<> batch{.logp = logp,
                                .logp_old = old,
                                .offsets = offsets,
                                .group = group,
                                .advantage = advantage,
                                .coefficient = one};
            batch.entropy = batch.entropy_old = h;
            batch.logp_rollout = rollout;
            batch.off_policy = off;
            const gppo::Objective objective{gppo::GroupMean{},
                                            policy,
                                            gppo::SequenceMeanTokenMean{},
                                            gppo::KlTerm{gppo::NoKl{}},
                                            gppo::EntropyBonus{},
                                            gppo::Positives{},
                                            correction};
            const gppo::Loss loss = gppo::evaluate(gppo::serial, objective, batch, dlogp);
            fine = fine && !std::isnan(loss.value) && std::isfinite(dlogp[0]) &&
                   std::isfinite(dlogp[1]) && loss.non_finite.count == 0;
        }
    return fine;
}

/// Whether a batch with every token masked gives zeros.
template <class P, class R = gppo::NoCorrection>
bool silent_when_masked(const P& policy, const R& correction = {}) {
    Doubles batch(3);
    batch.mask.assign(batch.logp.size(), 0);
    return batch.j(policy, correction) == 0.0 &&
           std::all_of(batch.dlogp.begin(), batch.dlogp.end(), [](double x) { return x == 0.0; });
}
