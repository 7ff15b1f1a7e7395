// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gppo;

namespace {

/// Two sequences, A = +1 and A = -1, with one token at each of these ratios; coefficient 1.
struct Ladder {
    std::vector<double> ratios{0.5, 1.0, 1.5, 4.0, 12.0};
    std::vector<double> logp, logp_old, advantage{1, -1}, coefficient{1, 1}, dlogp;
    std::vector<Index> offsets{0, 5, 10}, group{0, 0};

    template <class C>
    Diagnostics run(C clip) {
        for (int copy = 0; copy < 2; ++copy)
            for (const double r : ratios)
                logp.push_back(std::log(r) - 3.0), logp_old.push_back(-3.0);
        dlogp.resize(10);
        const Batch<double> batch{.logp = logp,
                                  .logp_old = logp_old,
                                  .offsets = offsets,
                                  .group = group,
                                  .advantage = advantage,
                                  .coefficient = coefficient};
        Diagnostics found;
        evaluate(serial, Objective{GroupMean{}, clip, TokenMean{}}, batch, dlogp, {}, found);
        return found;
    }
};

}  // namespace

TEST_CASE("every token is in its region, with the gradient it carries",
          "[objective][diagnostics]") {
    const Diagnostics d = Ladder{}.run(DualClip{Gppo{}, 10.0f});
    CHECK(d.tokens == 10);
    CHECK(d.in_range.count == 2);
    CHECK(d.in_range.mass == Approx(2.0));
    CHECK(d.r1.count == 1);
    CHECK(d.r1.mass == Approx(0.5));
    CHECK(d.r2.count == 3);
    CHECK(d.r2.mass == Approx(3 * 1.28));
    CHECK(d.r3.count == 1);
    CHECK(d.r3.mass == Approx(0.8));
    CHECK(d.r4.count == 2);
    CHECK(d.r4.mass == Approx(1.5 + 4.0));
    CHECK(d.dual.count == 1);
    CHECK(d.dual.mass == 0.0);
}

TEST_CASE("PPO's clipped regions carry no gradient, GPPO's do", "[objective][diagnostics]") {
    const Diagnostics ppo = Ladder{}.run(PpoClip{.high = 0.28f});
    CHECK(ppo.r2.count == 3);
    CHECK(ppo.r2.mass == 0.0);
    CHECK(ppo.r3.mass == 0.0);
    CHECK(ppo.r4.count == 3);
    CHECK(ppo.dual.count == 0);
}

TEST_CASE("clip fractions and KL are those that verl logs", "[objective][diagnostics]") {
    const Diagnostics d = Ladder{}.run(DualClip{PpoClip{.high = 0.28f}, 3.0f});
    CHECK(d.clip_fraction() == Approx(0.4));
    CHECK(d.clip_fraction_lower() == Approx(0.2));
    CHECK(d.ratio_max == Approx(12.0));
    CHECK(d.ratio_mean() == Approx(3.8));
    CHECK(d.approx_kl() ==
          Approx(-(std::log(0.5) + std::log(1.5) + std::log(4) + std::log(12)) / 5));
}

TEST_CASE("means of nothing are zero", "[objective][diagnostics]") {
    CHECK(Diagnostics{}.clip_fraction() == 0.0);
    CHECK(Diagnostics{}.ratio_mean() == 0.0);
}

TEST_CASE("asking for diagnostics changes no number", "[objective][diagnostics]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    RandomBatch random(
        seed, {.longest = 500, .masked = seed > 1u ? 0.3 : 0.0, .run = seed == 3u ? 70 : 1});
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{K3{}, 0.1f}};
    objective.prepare(random.rewards, random.view());
    const Loss without = evaluate(serial, objective, random.view(), random.dlogp);
    const auto dlogp = random.dlogp;
    Diagnostics d;
    const Loss with = evaluate(serial, objective, random.view(), random.dlogp, {}, d);
    CHECK(with.value == without.value);
    CHECK(random.dlogp == dlogp);
}

TEST_CASE("regions and masses are those of a plain loop", "[objective][diagnostics]") {
    const auto seed = GENERATE(1u, 2u, 3u, 4u);
    INFO("seed " << seed);
    RandomBatch random(
        seed, {.longest = 300, .masked = seed % 2 ? 0.3 : 0.0, .run = seed == 3u ? 50 : 1});
    const Batch<> batch = random.view();
    const DualClip policy{Gppo{}, 3.0f};
    const Objective objective{GroupNorm{}, policy, TokenMean{}};
    objective.prepare(random.rewards, batch);
    Diagnostics d, expected;
    evaluate(serial, objective, batch, random.dlogp, {}, d);
    for (Index b = 0; b < batch.sequences(); ++b)
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1]; ++t) {
            if (!batch.mask.empty() && !batch.mask[t]) continue;
            const float a = batch.advantage[b], r = ratio_of(batch.logp[t], batch.logp_old[t]);
            if (a == 0.0f) continue;
            const bool low = r<0.8f, high = r> 1.28f;
            RegionTotal& region = !low && !high ? expected.in_range
                                  : a > 0       ? (low ? expected.r1 : expected.r2)
                                  : low         ? expected.r3
                                  : r > 3.0f    ? expected.dual
                                                : expected.r4;
            region.add(
                {1.0, std::abs(static_cast<double>(random.dlogp[static_cast<std::size_t>(t)]))});
        }
    const auto same = [](const RegionTotal& x, const RegionTotal& y) {
        return x.count == y.count && std::abs(x.mass - y.mass) <= 1e-5 * y.mass;
    };
    CHECK(same(d.in_range, expected.in_range));
    CHECK(same(d.r1, expected.r1));
    CHECK(same(d.r2, expected.r2));
    CHECK(same(d.r3, expected.r3));
    CHECK(same(d.r4, expected.r4));
    CHECK(same(d.dual, expected.dual));
}

TEST_CASE("KL estimates, sample size and quantiles are those of a plain loop",
          "[objective][diagnostics]") {
    const double spread = GENERATE(0.0, 1e-3, 0.1, 1.0);
    RandomBatch random(7, {.longest = 700, .log_ratio = spread, .masked = 0.2});
    const Batch<> batch = random.view();
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    objective.prepare(random.rewards, batch);
    Diagnostics d;
    evaluate(serial, objective, batch, random.dlogp, {}, d);
    std::vector<double> x;
    double k1 = 0, k2 = 0, k3 = 0, sum = 0, squares = 0;
    for (Index t = 0; t < batch.tokens(); ++t) {
        if (!batch.mask[t]) continue;
        x.push_back(double(batch.logp[t] - batch.logp_old[t]));
        const double r = std::exp(x.back());
        k1 -= x.back(), k2 += x.back() * x.back() / 2, k3 += std::expm1(x.back()) - x.back();
        sum += r, squares += r * r;
    }
    const auto n = static_cast<double>(x.size());
    std::sort(x.begin(), x.end());
    CHECK(d.tokens == n);
    CHECK(d.approx_kl() == Approx(k1 / n).epsilon(1e-4).margin(1e-6 * spread));
    CHECK(d.kl_k2() == Approx(k2 / n).epsilon(1e-5));
    CHECK(d.kl_k3() == Approx(k3 / n).epsilon(1e-5));
    CHECK(d.effective_sample_size() == Approx(sum * sum / squares / n).epsilon(1e-5));
    for (const double q : {0.0, 0.05, 0.95, 1.0}) {
        const double exact = x[static_cast<std::size_t>(q * (n - 1) + 0.5)];
        CHECK(std::log(d.ratio_quantile(q)) == Approx(exact).epsilon(1.0 / 16).margin(8e-6));
    }
}

TEST_CASE("extreme ratios leave every figure a number", "[objective][diagnostics]") {
    RandomBatch random(8, {.longest = 200, .log_ratio = 60.0});
    const Objective objective{GroupNorm{}, DualClip{PpoClip{}, 3.0f}, TokenMean{}};
    objective.prepare(random.rewards, random.view());
    Diagnostics d;
    evaluate(serial, objective, random.view(), random.dlogp, {}, d);
    for (const double x : {d.kl_k2(), d.effective_sample_size(), d.ratio_quantile(0.5), d.mass()})
        CHECK(std::isfinite(x));
    CHECK((d.effective_sample_size() > 0 && d.effective_sample_size() <= 1));
}

TEST_CASE("a reference or entropy that is not finite does not count twice",
          "[objective][diagnostics]") {
    RandomBatch random(9);
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{K3{}, 0.1f}};
    objective.prepare(random.rewards, random.view());
    random.logp_ref[3] = std::nanf("");
    Diagnostics d;
    const Loss loss = evaluate(serial, objective, random.view(), random.dlogp, {}, d);
    CHECK(loss.non_finite.count == 1);
    CHECK(d.tokens == static_cast<double>(random.logp.size()) - 1);
}
