// SPDX-License-Identifier: Apache-2.0
//
// What a policy did to the tokens of a step: how many were in each of the four regions
// (clip/region.hpp) and how much gradient they carried, verl's clip fractions and approximate KL.
// Sums, so that those of micro-batches and processes add up; the means are functions.
// docs/metrics.md defines every name.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/core/view.hpp>
#include <gppo/surrogate.hpp>

#include <algorithm>
#include <concepts>
#include <limits>

namespace gppo {

/// Tokens in one region, and their sum of |d loss / d logp| from the policy term alone.
struct RegionTotal {
    double count = 0.0;
    double mass = 0.0;

    constexpr void add(const RegionTotal& other) noexcept {
        count += other.count;
        mass += other.mass;
    }
};

/// Tokens that train and are finite. A token without advantage is in no region.
struct Diagnostics {
    RegionTotal in_range;  ///< on the bounds or between them
    RegionTotal r1;        ///< A > 0, r below
    RegionTotal r2;        ///< A > 0, r above
    RegionTotal r3;        ///< A < 0, r below
    RegionTotal r4;        ///< A < 0, r above, up to the cap of a dual clip
    RegionTotal dual;      ///< A < 0, r beyond the cap
    double tokens = 0.0;
    double log_ratio = 0.0;  ///< sum of logp - logp_old
    double ratio = 0.0;      ///< sum
    double ratio_max = 0.0;

    constexpr void add(const Diagnostics& other) noexcept {
        in_range.add(other.in_range);
        r1.add(other.r1);
        r2.add(other.r2);
        r3.add(other.r3);
        r4.add(other.r4);
        dual.add(other.dual);
        tokens += other.tokens;
        log_ratio += other.log_ratio;
        ratio += other.ratio;
        ratio_max = std::max(ratio_max, other.ratio_max);
    }

    constexpr double mean(double sum) const noexcept { return tokens > 0.0 ? sum / tokens : 0.0; }
    /// verl's actor/pg_clipfrac: the clipped branch was the larger loss (R2 and R3).
    constexpr double clip_fraction() const noexcept { return mean(r2.count + r3.count); }
    /// verl's actor/pg_clipfrac_lower: the dual clip acted.
    constexpr double clip_fraction_lower() const noexcept { return mean(dual.count); }
    /// verl's actor/ppo_kl: mean of logp_old - logp, nats.
    constexpr double approx_kl() const noexcept { return mean(-log_ratio); }
    constexpr double ratio_mean() const noexcept { return mean(ratio); }
    /// Sum of |d loss / d logp| over all regions.
    constexpr double mass() const noexcept {
        return in_range.mass + r1.mass + r2.mass + r3.mass + r4.mass + dual.mass;
    }
};

/// Tokens below, inside, above and beyond the cap, for one sign of the advantage.
template <std::floating_point T>
struct SideTotals {
    T below = 0, above = 0, beyond = 0, inside = 0;
    T below_mass = 0, above_mass = 0, beyond_mass = 0, inside_mass = 0;
};

/// Totals of the tokens whose advantage has the sign of `sign`. Reads the dlogp surrogate() wrote.
template <class Advantage, std::floating_point T, class Live>
SideTotals<T> side_totals(const Segment<T>& s, Region region, T sign, Live live) noexcept {
    const T lowest = T(region.lowest), highest = T(region.highest), cap = T(region.cap);
    T n0 = 0, n1 = 0, n2 = 0, n3 = 0, m0 = 0, m1 = 0, m2 = 0, m3 = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : n0, n1, n2, n3, m0, m1, m2, m3)
#endif
    for (Index i = 0; i < s.size; ++i) {
        const T r = ratio_of(s.logp[i], s.logp_old[i]);
        const T wanted = sign * Advantage::of(s.advantage, i) > T(0) ? T(1) : T(0);
        const T on = live(s, i) ? wanted : T(0);
        const T mass = on > T(0) ? math::abs(s.dlogp[i]) : T(0);
        // Plain selects, so that the loop vectorises; `inside` is what the others leave.
        const T low = r < lowest ? on : T(0), low_mass = r < lowest ? mass : T(0);
        const T high = r > highest ? on : T(0), high_mass = r > highest ? mass : T(0);
        const T over = r > cap ? on : T(0), over_mass = r > cap ? mass : T(0);
        n0 += low, m0 += low_mass;
        n1 += high - over, m1 += r > cap ? T(0) : high_mass;
        n2 += over, m2 += over_mass;
        n3 += on - low - high, m3 += r > highest ? T(0) : (r < lowest ? T(0) : mass);
    }
    return {n0, n1, n2, n3, m0, m1, m2, m3};
}

/// Adds the ratios of a segment.
template <std::floating_point T, class Live>
void add_ratios(const Segment<T>& s, Live live, Diagnostics& out) noexcept {
    T count = 0, log_ratio = 0, sum = 0, largest = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : count, log_ratio, sum) reduction(max : largest)
#endif
    for (Index i = 0; i < s.size; ++i) {
        const bool on = live(s, i);
        const T r = on ? ratio_of(s.logp[i], s.logp_old[i]) : T(0);
        count += on ? T(1) : T(0);
        log_ratio += on ? s.logp[i] - s.logp_old[i] : T(0);
        sum += r;
        largest = largest < r ? r : largest;
    }
    out.tokens += double(count);
    out.log_ratio += double(log_ratio);
    out.ratio += double(sum);
    out.ratio_max = std::max(out.ratio_max, double(largest));
}

/// Adds a segment to `out`; call it after surrogate() and before anything else adds to dlogp.
template <class Advantage, std::floating_point T, class Live>
void diagnose(const Segment<T>& s, Region region, Live live, Diagnostics& out) noexcept {
    add_ratios(s, live, out);
    const bool one_sign = std::same_as<Advantage, PerSequence>;
    if (!one_sign || *s.advantage > T(0)) {
        Region good = region;
        good.cap = std::numeric_limits<float>::infinity();  // a dual clip leaves good tokens alone
        const auto t = side_totals<Advantage>(s, good, T(1), live);
        out.r1.add({double(t.below), double(t.below_mass)});
        out.r2.add({double(t.above), double(t.above_mass)});
        out.in_range.add({double(t.inside), double(t.inside_mass)});
    }
    if (!one_sign || *s.advantage < T(0)) {
        const auto t = side_totals<Advantage>(s, region, T(-1), live);
        out.r3.add({double(t.below), double(t.below_mass)});
        out.r4.add({double(t.above), double(t.above_mass)});
        out.dual.add({double(t.beyond), double(t.beyond_mass)});
        out.in_range.add({double(t.inside), double(t.inside_mass)});
    }
}

}  // namespace gppo
