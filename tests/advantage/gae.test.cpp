// SPDX-License-Identifier: Apache-2.0
#include "advantage/estimate.hpp"
#include "catch.hpp"

#include <gppo/advantage/gae.hpp>

#include <cstdint>
#include <vector>

using namespace gppo;
using Catch::Matchers::Contains;

static_assert(AdvantageEstimator<Gae> && FinishesAdvantages<Gae, double>);

namespace {
const std::vector<Index> group{1}, offsets{0, 4};
const std::vector<double> rewards{0.5, 0, 0, 1}, values{0.1, 0.2, 0.3, 0.4};
const Gae plain{.gamma = 0.9f, .lambda = 0.8f, .whitened = false};

Feedback<double> feedback() {
    return {.group = group, .offsets = offsets, .token_reward = rewards, .value = values};
}
}  // namespace

TEST_CASE("GAE is the discounted sum of temporal differences", "[advantage][gae]") {
    const auto a = of_step(plain, feedback());
    const double g = static_cast<double>(0.9f), gl = g * static_cast<double>(0.8f);
    const std::vector<double> delta{0.5 + g * 0.2 - 0.1, g * 0.3 - 0.2, g * 0.4 - 0.3, 1 - 0.4};
    for (std::size_t t = 0; t < 4; ++t) {
        double sum = 0.0, factor = 1.0;
        for (std::size_t s = t; s < 4; ++s, factor *= gl) sum += factor * delta[s];
        CHECK(a[t] == Approx(sum));
    }
}

TEST_CASE("with gamma and lambda one, the advantage is the return minus the value",
          "[advantage][gae]") {
    std::vector<double> returns(4);
    Feedback<double> all = feedback();
    all.returns = returns;
    const auto a = of_step(Gae{.whitened = false}, all);
    const std::vector<double> to_go{1.5, 1, 1, 1};
    for (std::size_t t = 0; t < 4; ++t) {
        CHECK(a[t] == Approx(to_go[t] - values[t]));
        CHECK(returns[t] == Approx(to_go[t]));
    }
}

TEST_CASE("observation tokens are skipped as if they were not there", "[advantage][gae]") {
    const std::vector<Index> longer{0, 6};
    const std::vector<std::uint8_t> mask{1, 1, 0, 0, 1, 1};
    const std::vector<double> with_gap{0.5, 0, 0, 0, 0, 1}, value{0.1, 0.2, 77, -5, 0.3, 0.4};
    const Feedback<double> gap{
        .group = group, .offsets = longer, .mask = mask, .token_reward = with_gap, .value = value};
    const auto a = of_step(plain, gap), without = of_step(plain, feedback());
    CHECK(a == std::vector<double>{without[0], without[1], 0, 0, without[2], without[3]});
    const std::vector<double> lost{0, 0, 0, 1, 0, 0};
    Feedback<double> broken = gap;
    broken.token_reward = lost;
    CHECK_THROWS_WITH(of_step(plain, broken), Contains("token 3") && Contains("token 5"));
}

TEST_CASE("whitening changes the advantages and leaves the returns", "[advantage][gae]") {
    std::vector<double> raw(4), returns(4);
    Feedback<double> all = feedback();
    all.returns = raw;
    auto expected = of_step(plain, all);
    all.returns = returns;
    Gae whitening = plain;
    whitening.whitened = true;
    const auto a = of_step(whitening, all);
    whitening.whiten(all, View<double>(expected));
    CHECK(a == expected);
    CHECK(returns == raw);
}

TEST_CASE("lambda may depend on the length, and the returns have their own", "[advantage][gae]") {
    std::vector<double> returns(4), monte_carlo(4);
    Feedback<double> all = feedback();
    Gae adaptive = plain;
    adaptive.length_alpha = 0.5f;  // 1 - 1 / (0.5 * 4)
    CHECK(of_step(adaptive, all) ==
          of_step(Gae{.gamma = 0.9f, .lambda = 0.5f, .whitened = false}, all));
    adaptive.returns_lambda = 1.0f;
    all.returns = returns;
    of_step(adaptive, all);
    all.returns = monte_carlo;
    of_step(Gae{.gamma = 0.9f, .lambda = 1.0f}, all);
    CHECK(returns == monte_carlo);
    adaptive.length_alpha = 0.05f;  // a short completion: not below 0
    CHECK(of_step(adaptive, all) ==
          of_step(Gae{.gamma = 0.9f, .lambda = 0.0f, .whitened = false}, all));
}

TEST_CASE("GAE without values is an error", "[advantage][gae]") {
    Feedback<double> none = feedback();
    none.value = {};
    CHECK_THROWS_WITH(of_step(plain, none), Contains("value of every token"));
}

TEST_CASE("a step with nothing to train is silent in GAE", "[advantage][gae]") {
    const std::vector<std::uint8_t> mask(4, 0);
    Feedback<double> masked = feedback();
    masked.mask = mask;
    CHECK(of_step(Gae{}, masked) == std::vector<double>(4, 0.0));
}
