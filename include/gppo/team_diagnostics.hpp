// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics of a pass whose rows are teams of threads: each sum is one of the team's, of doubles,
// and each bin of the histogram is counted by one thread, so that nothing needs an atomic and the
// order is always the same. The tokens of a block are read again for every sum: they are in the
// first-level cache, and it is only done where somebody asks.
#pragma once

#include <gppo/diagnostics.hpp>

namespace gppo {

/// What a row counted, in plain arrays: those of Diagnostics.
struct DiagnosticSums {
    enum Sum { tokens, log_ratio, ratio, ratio_max, weight, weight_squares, k2, k3, sums };
    static constexpr int regions = 6;  ///< in_range, r1 … r4, dual
    double sum[sums]{};
    double count[regions]{}, mass[regions]{};
    Index bin[Histogram::bins]{};

    /// As of the host.
    Diagnostics diagnostics() const noexcept {
        Diagnostics d;
        RegionTotal* const to[] = {&d.in_range, &d.r1, &d.r2, &d.r3, &d.r4, &d.dual};
        for (int r = 0; r < regions; ++r) to[r]->add({count[r], mass[r]});
        d.tokens = sum[tokens], d.log_ratio = sum[log_ratio], d.ratio = sum[ratio];
        d.ratio_max = sum[ratio_max], d.weight = sum[weight];
        d.weight_squares = sum[weight_squares], d.k2_sum = sum[k2], d.k3_sum = sum[k3];
        for (std::size_t k = 0; k < d.log_ratios.count.size(); ++k) d.log_ratios.count[k] = bin[k];
        return d;
    }
};

/// Where a row of teams writes, and the bounds of its policy.
struct TeamDiagnostics {
    DiagnosticSums* out = nullptr;
    Region region{};
};

/// Place of a token's region in DiagnosticSums, -1 for a token without advantage.
template <std::floating_point T>
GPPO_HD constexpr int region_place(const Region& region, T seen, T advantage) noexcept {
    if (!(advantage > T(0)) && !(advantage < T(0))) return -1;
    const bool good = advantage > T(0);
    if (seen < T(region.lowest)) return good ? 1 : 3;
    if (!good && seen > T(region.cap)) return 5;
    if (seen > T(region.highest)) return good ? 2 : 4;
    return 0;
}

/// The ratio that a policy compares with its bounds.
template <class C, std::floating_point T>
GPPO_HD T ratio_seen(const C& clip, Token<T> token, Index place) noexcept {
    if constexpr (SeesRatio<C, T>)
        return clip.seen(token, place);
    else
        return token.ratio;
}

/// Adds the regions of a segment.
template <class Advantage, class X, class C, std::floating_point T, class Live>
GPPO_HD void add_team_regions(X team, const C& clip, const Segment<T>& s, Live live,
                              const TeamDiagnostics& d) {
    const auto place = [=, region = d.region](Index i) {
        const Token<T> token = token_of<Advantage>(s, i);
        return live(s, i)
                   ? region_place(region, ratio_seen(clip, token, s.first + i), token.advantage)
                   : -1;
    };
    DiagnosticSums* const out = d.out;
    for (int r = 0; r < DiagnosticSums::regions; ++r) {
        const double count = team.sum(s.size, [=](Index i) { return place(i) == r ? 1.0 : 0.0; });
        if (count == 0.0) continue;  // all threads have the same sum
        const double mass = team.sum(s.size, [=](Index i) {
            return place(i) == r ? static_cast<double>(math::abs(s.dlogp[i])) : 0.0;
        });
        team.for_each(1, [=](Index) { out->count[r] += count, out->mass[r] += mass; });
    }
}

/// Adds a segment; call it after surrogate() and before anything else adds to dlogp.
template <class Advantage, class X, class C, std::floating_point T, class Live>
GPPO_HD void diagnose(X team, const C& clip, const Segment<T>& s, Live live,
                      const TeamDiagnostics& d) {
    using S = DiagnosticSums;
    DiagnosticSums* const out = d.out;
    const auto add = [=](S::Sum which, auto of) {
        const double sum = team.sum(s.size, [=](Index i) {
            const T x = s.logp[i] - s.logp_old[i];
            return live(s, i) ? static_cast<double>(of(x, math::exp_finite(x))) : 0.0;
        });
        team.for_each(1, [=](Index) { out->sum[which] += sum; });
    };
    const auto bounded = [](T r) { return r < T(4.851651954e8) ? r : T(4.851651954e8); };  // e^20
    add(S::tokens, [](T, T) { return T(1); });
    add(S::log_ratio, [](T x, T) { return x; });
    add(S::ratio, [](T, T r) { return r; });
    add(S::weight, [=](T, T r) { return bounded(r); });
    add(S::weight_squares, [=](T, T r) { return bounded(r) * bounded(r); });
    add(S::k2, [](T x, T) { return x * x * T(0.5); });
    add(S::k3, [](T x, T r) { return k3_of(r, x); });
    const float most = team.max(s.size, [=](Index i) {
        return live(s, i) ? static_cast<float>(ratio_of(s.logp[i], s.logp_old[i])) : 0.0f;
    });
    team.for_each(1, [=](Index) {
        double& before = out->sum[S::ratio_max];
        before = before < static_cast<double>(most) ? static_cast<double>(most) : before;
    });
    team.for_each(Histogram::bins, [=](Index k) {
        Index count = 0;
        for (Index i = 0; i < s.size; ++i)
            count +=
                live(s, i) && Histogram::bin_of(static_cast<float>(s.logp[i] - s.logp_old[i])) == k;
        out->bin[k] += count;
    });
    add_team_regions<Advantage>(team, clip, s, live, d);
}

}  // namespace gppo
