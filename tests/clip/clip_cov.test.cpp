// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

#include <set>

using namespace gppo;

static_assert(TwoPhasePolicy<ClipCov> && TwoPhasePolicy<ClipCov, double>);

namespace {

/// Tokens that PPO trains and the policy does not.
std::set<std::size_t> drawn(Doubles& batch, const ClipCov& policy) {
    batch.j(PpoClip{policy.low, policy.high});
    const auto plain = batch.dlogp;
    batch.j(policy);
    std::set<std::size_t> tokens;
    for (std::size_t t = 0; t < plain.size(); ++t) {
        if (batch.dlogp[t] != plain[t]) tokens.insert(t);
        if (batch.dlogp[t] != plain[t] && batch.dlogp[t] != 0.0) FAIL_CHECK("token " << t);
    }
    return tokens;
}

std::set<std::size_t> eligible(Doubles& batch, const ClipCov& policy) {
    const auto pieces = pieces_of(batch.view());
    const auto cov = covariance_of(serial, batch.view(), View<const Piece>(pieces));
    std::set<std::size_t> tokens;
    for (std::size_t t = 0; t < batch.logp.size(); ++t) {
        const auto b = batch.sequence(t);
        const double c = cov(static_cast<Index>(b), static_cast<Index>(t)),
                     r = std::exp(batch.logp[t] - batch.logp_old[t]), a = batch.advantage[b];
        const bool clipped =
            a > 0 ? r > 1 + double(policy.high) : a < 0 && r < 1 - double(policy.low);
        if (c > double(policy.lowest) && c < double(policy.highest) && !clipped) tokens.insert(t);
    }
    return tokens;
}

}  // namespace

TEST_CASE("clip-cov silences as many eligible tokens as it says, at random", "[clip][clip_cov]") {
    Doubles batch(1, 300, 0.3, 30);
    ClipCov policy{.share = 0.02, .lowest = 0.5f};
    const auto all = eligible(batch, policy);
    const auto expected = static_cast<std::size_t>(0.02 * double(batch.logp.size()));
    REQUIRE(all.size() > 2 * expected);
    std::set<std::size_t> seen;
    for (policy.seed = 0; policy.seed < 40; ++policy.seed) {
        const auto tokens = drawn(batch, policy);
        CHECK(tokens.size() == expected);
        CHECK(std::includes(all.begin(), all.end(), tokens.begin(), tokens.end()));
        seen.insert(tokens.begin(), tokens.end());
        CHECK(drawn(batch, policy) == tokens);
    }
    CHECK(seen.size() > all.size() / 2);
}

TEST_CASE("with few eligible tokens clip-cov takes all, with a tiny share one",
          "[clip][clip_cov]") {
    Doubles batch(2, 60);
    ClipCov policy{.share = 0.9, .lowest = 0.9f};
    CHECK(drawn(batch, policy) == eligible(batch, policy));
    policy.lowest = 0.1f, policy.highest = 0.3f;  // tokens above are left alone
    const auto between = eligible(batch, policy), taken = drawn(batch, policy);
    CHECK(!taken.empty());
    CHECK(std::includes(between.begin(), between.end(), taken.begin(), taken.end()));
    policy.lowest = 0.9f, policy.highest = 5.0f;
    policy.share = 0.0;
    CHECK(drawn(batch, policy).size() == 1);
    policy.lowest = 1e9f, policy.highest = 2e9f;
    CHECK(drawn(batch, policy).empty());
}

TEST_CASE("every rank is equally likely to be drawn", "[clip][clip_cov]") {
    std::vector<int> count(10);
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        const auto ranks = draw_ranks(seed, 10, 3);
        CHECK((ranks.size() == 3 && std::is_sorted(ranks.begin(), ranks.end())));
        for (const Index r : ranks) ++count[static_cast<std::size_t>(r)];
    }
    for (const int c : count) CHECK(std::abs(c - 900) < 120);  // five standard deviations
    CHECK(draw_ranks(1, 4, 4) == std::vector<Index>{0, 1, 2, 3});
    CHECK(draw_ranks(1, 0, 0).empty());
}

TEST_CASE("a drawn token is left out of the value, and corrections apply", "[clip][clip_cov]") {
    Doubles batch(3, 100);
    const ClipCov policy{.share = 0.05, .lowest = 0.5f};
    const auto tokens = drawn(batch, policy);
    REQUIRE(!tokens.empty());
    double expected = 0;
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        if (!tokens.count(t))
            expected +=
                PpoClip{0.2f, 0.2f}(Token<double>{batch.logp[t], batch.logp_old[t],
                                                  std::exp(batch.logp[t] - batch.logp_old[t]),
                                                  batch.advantage[batch.sequence(t)]})
                    .value;
    CHECK(batch.j(policy) == Approx(expected).epsilon(1e-12));
    batch.j(policy, TokenTis{});
    for (const std::size_t t : tokens) CHECK(batch.dlogp[t] == 0.0);
}

TEST_CASE("clip-cov draws the same tokens with a mask of ones as without a mask",
          "[clip][clip_cov]") {
    const auto seed = GENERATE(range(1u, 5u));
    INFO("seed " << seed);
    const ClipCov policy{.share = 0.05, .lowest = 0.05f, .highest = 2.0f, .seed = seed};
    Doubles batch(seed, 60, 0.6, 700);
    batch.logp[5] = -std::numeric_limits<double>::infinity();
    batch.logp_old[9] = -std::numeric_limits<double>::infinity();
    const auto without = drawn(batch, policy);
    batch.mask.assign(batch.logp.size(), 1);
    CHECK(drawn(batch, policy) == without);
    CHECK_FALSE(without.empty());
}

TEST_CASE("clip-cov is silent where it must be and never a NaN", "[clip][clip_cov]") {
    CHECK(survives_extremes(ClipCov{.share = 1.0, .lowest = -1e9f, .highest = 1e9f}));
    CHECK(silent_when_masked(ClipCov{}));
}
