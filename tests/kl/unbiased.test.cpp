// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/kl/k1.hpp>
#include <gppo/kl/k2.hpp>
#include <gppo/kl/k3.hpp>
#include <gppo/kl/unbiased.hpp>

#include <array>
#include <cmath>

using namespace gppo;

static_assert(KlPenalty<Unbiased<K1>> && KlPenalty<Unbiased<K3>, double>);
static_assert(KlPenalty<UnbiasedOnPolicy<K1>> && KlPenalty<UnbiasedOnPolicy<K3>, double>);

namespace {
/// Derivative by logp of ratio(logp) * K(logp), the ratio differentiated too.
template <class K>
double slope(const K& k, double logp, double logp_ref, double logp_old) {
    const double h = 1e-5;
    const auto at = [&](double l) { return k(l, logp_ref, std::exp(l - logp_old)).value; };
    return (at(logp + h) - at(logp - h)) / (2.0 * h);
}
}  // namespace

TEST_CASE("the unbiased KL is the estimator times the ratio, differentiated as a whole",
          "[kl][unbiased]") {
    for (double logp = -4.0; logp < 0.0; logp += 0.27) {
        const double ratio = std::exp(logp + 1.5);
        CHECK(Unbiased{K3{}}(logp, -1.0, ratio).value == Approx(ratio * K3{}(logp, -1.0).value));
        const auto check = [&](const auto& k) {
            CHECK(k(logp, -1.0, ratio).weight == Approx(slope(k, logp, -1.0, -1.5)).margin(1e-7));
        };
        check(Unbiased{K1{}});
        check(Unbiased{K2{}});
        check(Unbiased{K3{}});
    }
}

TEST_CASE("its mean gradient is that of the KL, whichever policy sampled", "[kl][unbiased]") {
    // A categorical policy p = softmax(z); d KL / d z_j against the mean over q of weight * dlogp.
    const std::array<double, 3> p{0.5, 0.3, 0.2}, other{0.2, 0.2, 0.6}, sampler{0.1, 0.6, 0.3};
    double kl = 0.0;
    for (std::size_t i = 0; i < 3; ++i) kl += p[i] * std::log(p[i] / other[i]);
    for (std::size_t j = 0; j < 3; ++j) {
        const double exact = p[j] * (std::log(p[j] / other[j]) - kl);
        double k1 = 0.0, k3 = 0.0, biased = 0.0;
        for (std::size_t i = 0; i < 3; ++i) {
            const double logp = std::log(p[i]), logp_ref = std::log(other[i]);
            const double dlogp = (i == j ? 1.0 : 0.0) - p[j], ratio = p[i] / sampler[i];
            k1 += sampler[i] * Unbiased{K1{}}(logp, logp_ref, ratio).weight * dlogp;
            k3 += sampler[i] * Unbiased{K3{}}(logp, logp_ref, ratio).weight * dlogp;
            biased += sampler[i] * K3{}(logp, logp_ref).weight * dlogp;
        }
        CHECK(k1 == Approx(exact));
        CHECK(k3 == Approx(exact));
        CHECK(std::abs(biased - exact) > 1e-3);
    }
}

TEST_CASE("NeMo's form is the unbiased one with a ratio of one", "[kl][unbiased]") {
    for (double logp = -4.0; logp < 0.0; logp += 0.27) {
        CHECK(UnbiasedOnPolicy{K1{}}(logp, -1.0).value == Unbiased{K1{}}(logp, -1.0, 1.0).value);
        CHECK(UnbiasedOnPolicy{K1{}}(logp, -1.0).weight == Unbiased{K1{}}(logp, -1.0, 1.0).weight);
        CHECK(UnbiasedOnPolicy{K2{}}(logp, -1.0).weight == Unbiased{K2{}}(logp, -1.0, 1.0).weight);
    }
}

TEST_CASE("the unbiased KL is finite for every ratio and log-ratio", "[kl][unbiased]") {
    for (const float x : {-104.0f, -89.0f, -20.0f, 0.0f, 20.0f, 104.0f})
        for (const float ratio : {0.0f, 1e-30f, 1.0f, 1e30f, std::exp(88.0f)}) {
            CHECK(std::isfinite(Unbiased{K3{}}(x, 0.0f, ratio).value));
            CHECK(std::isfinite(Unbiased{K3{}}(x, 0.0f, ratio).weight));
        }
}
