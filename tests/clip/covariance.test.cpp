// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

TEST_CASE("the covariance is taken from the means of the tokens that train", "[clip][covariance]") {
    const bool per_token = GENERATE(false, true);
    Doubles batch(1, 12);
    for (std::size_t t = 0; t < batch.logp.size(); ++t) batch.mask.push_back(t % 5 != 2);
    batch.logp[6] = -std::numeric_limits<double>::infinity();
    std::vector<double> advantage;
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        advantage.push_back(batch.advantage[batch.sequence(t)]);
    if (per_token) batch.advantage = advantage;
    double a = 0, lp = 0, n = 0;
    const auto on = [&](std::size_t t) { return batch.mask[t] && std::isfinite(batch.logp[t]); };
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        if (on(t)) a += advantage[t], lp += batch.logp[t], ++n;
    const auto pieces = pieces_of(batch.view());
    const auto cov = covariance_of(serial, batch.view(), View<const Piece>(pieces));
    CHECK(cov.tokens == Index(n));
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const double c = cov(static_cast<Index>(batch.sequence(t)), static_cast<Index>(t));
        if (on(t))
            CHECK(c == Approx((advantage[t] - a / n) * (batch.logp[t] - lp / n)).epsilon(1e-10));
        else
            CHECK(std::isnan(c));
    }
}
