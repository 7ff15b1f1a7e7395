// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "clip/coefficients.hpp"

#include <gppo/clip/dppo_kl.hpp>
#include <gppo/clip/region.hpp>
#include <gppo/concepts/clip_policy.hpp>

using namespace gppo;

static_assert(ClipPolicy<DppoKl> && ClipPolicy<DppoKl, double> && !HasRegion<DppoKl>);

namespace {
double binary_kl(double p_old, double p) {
    return p_old * std::log(p_old / p) +
           (1.0 - p_old) * std::log((1.0 - p_old + 1e-8) / (1.0 - p + 1e-8));
}
template <class T>
Token<T> moved(double p_old, double p, double advantage) {
    const T logp = T(std::log(p)), old = T(std::log(p_old));
    return {logp, old, math::exp(logp - old), T(advantage)};
}
}  // namespace

TEST_CASE("DPPO-KL's gate is the published divergence, without its logarithm", "[clip][dppo_kl]") {
    int kept = 0, dropped = 0;
    for (double p_old = 1e-6; p_old < 1.0; p_old = p_old * 1.31 + 1e-3)
        for (double p = 1e-7; p < 1.0; p = p * 1.17 + 1e-4) {
            const double kl = binary_kl(p_old, p);
            for (const double threshold : {0.001, 0.05, 0.2, 2.0}) {
                if (std::abs(kl - threshold) < 1e-4 * threshold) continue;  // rounding decides
                const bool within = kl <= threshold;
                INFO("from " << p_old << " to " << p << ", threshold " << threshold);
                CHECK((beyond_binary_kl(moved<double>(p_old, p, 1), threshold) <= 0) == within);
                CHECK((beyond_binary_kl(moved<float>(p_old, p, 1), float(threshold)) <= 0) ==
                      within);
                ++(within ? kept : dropped);
            }
        }
    CHECK(kept > 1000);
    CHECK(dropped > 1000);
}

TEST_CASE("DPPO-KL drops only what moves away, each sign with its threshold", "[clip][dppo_kl]") {
    const DppoKl policy{.low = 0.3f, .high = 0.05f};
    const auto f = [&](double advantage, double p_old, double p) {
        return policy(moved<double>(p_old, p, advantage)).weight / advantage;
    };
    REQUIRE(binary_kl(0.5, 0.75) > 0.05);  // 0.14
    CHECK(f(1.0, 0.5, 0.75) == 0.0);
    CHECK(f(-1.0, 0.5, 0.75) == Approx(1.5));
    CHECK(f(-1.0, 0.5, 0.25) == Approx(0.5));  // 0.14 again, below 0.3
    CHECK(f(-1.0, 0.5, 0.05) == 0.0);          // 0.83
    CHECK(f(1.0, 0.5, 0.05) == Approx(0.1));
}

TEST_CASE("DPPO-KL lets a rare token change its ratio further than a likely one",
          "[clip][dppo_kl]") {
    CHECK(DppoKl{}(moved<double>(0.001, 0.01, 1.0)).weight == Approx(10.0));
    CHECK(DppoKl{}(moved<double>(0.4, 0.8, 1.0)).weight == 0.0);
    CHECK(DppoKl{}(moved<double>(0.0001, 0.01, 1.0)).weight == 20.0);  // the cap
}

TEST_CASE("DPPO-KL's weight is the derivative with gate and ratio stopped", "[clip][dppo_kl]") {
    CHECK(is_gradient_of(DppoKl{}, [](double logp, double at, double a) {
        const double p_old = std::exp(-2.0), p = std::exp(at);
        const bool back = a > 0 ? p <= p_old : p >= p_old;
        const bool kept = back || binary_kl(p_old, p) <= double(0.05f);
        return kept ? std::min(std::exp(at + 2.0), 20.0) * a * logp : 0.0;
    }));
}

TEST_CASE("DPPO-KL takes a probability that rounds above one for one", "[clip][dppo_kl]") {
    CHECK(DppoKl{}(Token<float>{1e-7f, -1e-7f, 1.0000002f, 1.0f}).weight == Approx(1.0f));
    CHECK(DppoKl{}(Token<float>{1e-7f, -1.0f, 2.7182818f, 1.0f}).weight == 0.0f);
    CHECK(DppoKl{}(Token<float>{-0.5f, 0.0f, 0.6065307f, -1.0f}).weight == 0.0f);
}

TEST_CASE("DPPO-KL is never NaN and silent without advantage", "[clip][dppo_kl]") {
    CHECK(never_nan(DppoKl{}));
    CHECK(silent_without_advantage(DppoKl{}));
}
