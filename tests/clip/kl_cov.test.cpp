// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

#include <numeric>

using namespace gppo;

static_assert(TwoPhasePolicy<KlCov> && TwoPhasePolicy<KlCov, double>);

TEST_CASE("kl-cov charges the tokens of highest covariance and no others", "[clip][kl_cov]") {
    const double share = GENERATE(0.0, 0.02, 0.3, 1.0);
    Doubles batch(1, 200, 0.3, 30);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) batch.mask.push_back(t % 7 != 3);
    const KlCov policy{.share = share, .coefficient = 0.25f};
    const auto pieces = pieces_of(batch.view());
    const auto cov = covariance_of(serial, batch.view(), View<const Piece>(pieces));
    std::vector<std::size_t> order(batch.logp.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t t) { return !batch.mask[t]; });
    const auto value = [&](std::size_t t) {
        return static_cast<float>(
            cov(static_cast<Index>(batch.sequence(t)), static_cast<Index>(t)));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t x, std::size_t y) { return value(x) > value(y); });
    const auto count =
        std::max<std::size_t>(1, static_cast<std::size_t>(share * double(order.size())));
    std::vector<double> expected(batch.logp.size());
    double j = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        const std::size_t t = order[k];
        const double d = batch.logp[t] - batch.logp_old[t],
                     ra = std::exp(d) * batch.advantage[batch.sequence(t)],
                     c = k < count ? 0.25 : 0.0;
        expected[t] = ra - c * (d > 0 ? 1 : -1);
        j += ra - c * std::abs(d);
    }
    CHECK(batch.j(policy) == Approx(j).epsilon(1e-12));
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        CHECK(batch.weight(t) == Approx(expected[t]).epsilon(1e-12));
}

TEST_CASE("kl-cov's weight is the derivative of its value", "[clip][kl_cov]") {
    CHECK(KlCovOfSequence{}.revise(Token<double>{-1.0, -1.0, 1.0, 0.5}).weight == 0.5);
    const KlCovOfSequence policy{.coefficient = 0.3f};
    for (const double d : {-0.4, 0.4}) {
        const auto at = [&](double lp) {
            return policy.revise(Token<double>{lp, -1.0, std::exp(lp + 1.0), 0.7});
        };
        const double h = 1e-6;
        CHECK(at(d - 1).weight ==
              Approx((at(d - 1 + h).value - at(d - 1 - h).value) / (2 * h)).epsilon(1e-7));
    }
}

TEST_CASE("kl-cov is silent where it must be and never a NaN", "[clip][kl_cov]") {
    CHECK(survives_extremes(KlCov{}));
    CHECK(silent_when_masked(KlCov{}));
}
