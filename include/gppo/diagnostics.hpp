// SPDX-License-Identifier: Apache-2.0
//
// What a policy did to the tokens of a step: how many were in each of the four regions
// (clip/region.hpp) and how much gradient they carried, verl's clip fractions, three estimates of
// the KL divergence from the old policy, the effective sample size and the quantiles of the ratio.
// Sums, so that those of micro-batches and processes add up; the means are functions.
// docs/metrics.md defines every name.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/core/histogram.hpp>
#include <gppo/core/view.hpp>
#include <gppo/surrogate.hpp>

#include <algorithm>
#include <array>
#include <cmath>
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

/// Tokens that train and are finite. A token without advantage is in no region. Ratios above e^20
/// count as e^20 in the effective sample size.
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
    double weight = 0.0;          ///< sum of the ratios, none above e^20
    double weight_squares = 0.0;  ///< of those
    double k2_sum = 0.0;          ///< of (logp - logp_old)^2 / 2
    double k3_sum = 0.0;          ///< of r - 1 - log r
    Histogram log_ratios;

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
        weight += other.weight;
        weight_squares += other.weight_squares;
        k2_sum += other.k2_sum;
        k3_sum += other.k3_sum;
        log_ratios.add(other.log_ratios);
    }

    constexpr double mean(double sum) const noexcept { return tokens > 0.0 ? sum / tokens : 0.0; }
    /// verl's actor/pg_clipfrac: the clipped branch was the larger loss (R2 and R3).
    constexpr double clip_fraction() const noexcept { return mean(r2.count + r3.count); }
    /// verl's actor/pg_clipfrac_lower: the dual clip acted.
    constexpr double clip_fraction_lower() const noexcept { return mean(dual.count); }
    /// verl's actor/ppo_kl: mean of logp_old - logp, nats. The k1 estimate of KL(old || new).
    constexpr double approx_kl() const noexcept { return mean(-log_ratio); }
    constexpr double kl_k2() const noexcept { return mean(k2_sum); }
    constexpr double kl_k3() const noexcept { return mean(k3_sum); }
    constexpr double ratio_mean() const noexcept { return mean(ratio); }
    /// (sum r)^2 / sum r^2, as a share of the tokens: 1 if all ratios are equal.
    constexpr double effective_sample_size() const noexcept {
        return weight_squares > 0.0 ? mean(weight * weight / weight_squares) : 0.0;
    }
    /// The ratio below which a share q of the tokens lies, from the middle of a bin
    /// (histogram.hpp).
    double ratio_quantile(double q) const noexcept { return std::exp(log_ratios.quantile(q)); }
    /// Sum of |d loss / d logp| over all regions.
    constexpr double mass() const noexcept {
        return in_range.mass + r1.mass + r2.mass + r3.mass + r4.mass + dual.mass;
    }
};

/// Diagnostics while they are collected: neighbours count in different copies of the histogram, so
/// that tokens of one bin do not wait for each other.
struct DiagnosticTally {
    using Lane = std::array<std::uint32_t, static_cast<std::size_t>(Histogram::bins) + 1>;
    Diagnostics sums;
    std::array<Lane, 4> lanes{};  // the last bin is that of tokens that do not train

    void count(const std::int32_t* bin, Index size) noexcept {
        std::uint32_t* const first = lanes[0].data();
        const auto width = static_cast<Index>(lanes[0].size());
        Index k = 0;
        for (; k + 4 <= size; k += 4)
            for (Index l = 0; l < 4; ++l) ++first[l * width + bin[k + l]];
        for (; k < size; ++k) ++first[bin[k]];
        if ((counted_ += size) > 1'000'000'000) flush();  // no lane may overflow
    }
    Diagnostics total() const noexcept {
        DiagnosticTally all = *this;
        all.flush();
        return all.sums;
    }
    void add(const DiagnosticTally& other) noexcept { sums.add(other.total()); }

  private:
    void flush() noexcept {
        for (Lane& copy : lanes) {
            for (std::size_t k = 0; k < sums.log_ratios.count.size(); ++k)
                sums.log_ratios.count[k] += copy[k];
            copy.fill(0);
        }
        counted_ = 0;
    }
    Index counted_ = 0;
};

/// Whether what follows the policy's loop will be finite.
template <class X, std::floating_point T>
GPPO_HD bool inputs_finite(X team, const Segment<T>& s) {
    T sum = 0;
    const T* const optional[] = {s.logp_ref, s.entropy, s.entropy_old};
    for (const T* const x : optional)
        if (x != nullptr) sum += team.sum(s.size, [=](Index i) -> T { return x[i] - x[i]; });
    return math::finite(sum);
}

/// A stretch of a segment, short enough for the first-level cache. One loop looks at the tokens and
/// others add up what it found: GCC vectorises neither a square of a select nor a loop with both.
template <std::floating_point T>
struct Stretch {
    static constexpr Index most = 256;
    using Row = std::array<T, most>;
    Index size = 0;
    Row on;      // 1, or 0 where the token does not train; then all that follow but seen are 0
    Row ratio;   // of the token
    Row weight;  // that, at most e^20
    Row log_ratio;
    Row third;  // k3
    Row sign;   // of the advantage: 1, 0 or -1
    Row seen;   // the ratio the policy compares with its bounds
    Row mass;   // |dlogp|
    std::array<std::int32_t, most> bin;
};

/// r - 1 - log r without cancellation at r = 1; d = log r.
template <std::floating_point T>
GPPO_HD T k3_of(T r, T d) noexcept {
    const T series =
        d * d * (T(1) / 2 + d * (T(1) / 6 + d * (T(1) / 24 + d * (T(1) / 120 + d * (T(1) / 720)))));
    const T plain = r - T(1) - d;
    return ((d < T(0.25)) & (d > T(-0.25))) ? series : plain;
}

/// Fills the stretch with tokens [first, first + x.size).
template <class Advantage, class C, std::floating_point T, class Live>
void look_at(const C& clip, const Segment<T>& s, Index first, Live live, Stretch<T>& x) noexcept {
    const T bound = T(4.851651954e8);  // e^20
#ifdef _OPENMP
#pragma omp simd
#endif
    for (Index k = 0; k < x.size; ++k) {
        const Index i = first + k;
        const auto at = static_cast<std::size_t>(k);
        const bool on = live(s, i);
        const Token<T> token = token_of<Advantage>(s, i);
        // Arithmetic first, selects after it: a select around arithmetic keeps a loop scalar.
        const T difference = token.logp - token.logp_old, a = token.advantage;
        const T good = a > T(0) ? T(1) : T(0), bad = a < T(0) ? T(-1) : T(0);
        const T third = k3_of(token.ratio, difference), sign = good + bad, r = token.ratio;
        const T weight = r < bound ? r : bound;
        const std::int32_t bin = Histogram::bin_of(static_cast<float>(difference));
        x.on[at] = on ? T(1) : T(0);
        x.ratio[at] = on ? r : T(0);
        x.weight[at] = on ? weight : T(0);
        x.log_ratio[at] = on ? difference : T(0);
        x.third[at] = on ? third : T(0);
        x.sign[at] = on ? sign : T(0);
        T seen = r;
        if constexpr (SeesRatio<C, T>) seen = clip.seen(token, s.first + i);
        x.seen[at] = seen;
        x.mass[at] = math::abs(s.dlogp[i]);
        x.bin[at] = on ? bin : std::int32_t{Histogram::bins};
    }
}

/// Adds what needs no region.
template <std::floating_point T>
void add_ratios(const Stretch<T>& x, Diagnostics& out) noexcept {
    T count = 0, ratio = 0, most = 0, weight = 0, squares = 0, k1 = 0, k2 = 0, k3 = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : count, ratio, weight, squares, k1, k2, k3) reduction(max : most)
#endif
    for (Index k = 0; k < x.size; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const T r = x.ratio[at], w = x.weight[at], d = x.log_ratio[at];
        count += x.on[at], ratio += r, weight += w, squares += w * w;
        most = most < r ? r : most;
        k1 += d, k2 += d * d * T(0.5), k3 += x.third[at];
    }
    out.tokens += double(count), out.log_ratio += double(k1), out.ratio += double(ratio);
    out.ratio_max = std::max(out.ratio_max, double(most));
    out.weight += double(weight), out.weight_squares += double(squares);
    out.k2_sum += double(k2), out.k3_sum += double(k3);
}

/// Adds the tokens whose advantage has this sign to their regions.
template <std::floating_point T>
void add_regions(const Stretch<T>& x, Region region, T sign, RegionTotal& below, RegionTotal& above,
                 RegionTotal& beyond, RegionTotal& inside) noexcept {
    const T lowest = T(region.lowest), highest = T(region.highest), cap = T(region.cap);
    T n0 = 0, n1 = 0, n2 = 0, n3 = 0, m0 = 0, m1 = 0, m2 = 0, m3 = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : n0, n1, n2, n3, m0, m1, m2, m3)
#endif
    for (Index k = 0; k < x.size; ++k) {
        const auto i = static_cast<std::size_t>(k);
        const T r = x.seen[i];
        const bool mine = x.sign[i] == sign;
        const T on = mine ? T(1) : T(0), mass = mine ? x.mass[i] : T(0);
        // Plain selects, so that the loop vectorises; each sum holds the ones further out, too.
        n0 += r < lowest ? on : T(0), m0 += r < lowest ? mass : T(0);
        n1 += r > highest ? on : T(0), m1 += r > highest ? mass : T(0);
        n2 += r > cap ? on : T(0), m2 += r > cap ? mass : T(0);
        const bool in = !(r < lowest) & !(r > highest);
        n3 += in ? on : T(0), m3 += in ? mass : T(0);
    }
    below.add({double(n0), double(m0)});
    above.add({double(n1) - double(n2), double(m1) - double(m2)});
    beyond.add({double(n2), double(m2)});
    inside.add({double(n3), double(m3)});
}

/// Adds a segment to `out`; call it after surrogate() and before anything else adds to dlogp.
template <class Advantage, class X, class C, std::floating_point T, class Live>
void diagnose(X /*team*/, const C& clip, const Segment<T>& s, Live live,
              DiagnosticTally& out) noexcept {
    const bool one_sign = std::same_as<Advantage, PerSequence>;
    const Region region = region_of(clip);
    Region good = region;
    good.cap = std::numeric_limits<float>::infinity();  // a dual clip leaves good tokens alone
    Diagnostics& d = out.sums;
    RegionTotal none;
    Stretch<T> x;
    for (Index first = 0; first < s.size; first += Stretch<T>::most) {
        x.size = std::min(Stretch<T>::most, s.size - first);
        look_at<Advantage>(clip, s, first, live, x);
        add_ratios(x, d);
        if (!one_sign || *s.advantage > T(0))
            add_regions(x, good, T(1), d.r1, d.r2, none, d.in_range);
        if (!one_sign || *s.advantage < T(0))
            add_regions(x, region, T(-1), d.r3, d.r4, d.dual, d.in_range);
        out.count(x.bin.data(), x.size);
    }
}

}  // namespace gppo
