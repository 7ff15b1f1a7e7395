// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/kernel/sample.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

using namespace gppo;

namespace {

std::vector<float> random_logits(Index count, std::uint64_t seed, float scale) {
    std::vector<float> logits(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < logits.size(); ++i)
        logits[i] = scale * (2.0f * Philox{seed}.uniform(1, i) - 1.0f);
    return logits;
}

std::vector<double> softmax(const std::vector<float>& logits, double temperature) {
    const double top = *std::max_element(logits.begin(), logits.end());
    std::vector<double> p;
    double sum = 0.0;
    for (const float x : logits) p.push_back(std::exp((x - top) / temperature));
    for (const double x : p) sum += x;
    for (double& x : p) x /= sum;
    return p;
}

SampledToken draw(const std::vector<float>& logits, const SampleRule& rule, double uniform) {
    std::vector<float> weight(logits.size());
    return sample(SerialTeam{}, View<const float>(logits), rule, uniform, View<float>(weight));
}

/// The tokens a rule can draw, from a fine grid of uniforms.
std::set<std::int32_t> reachable(const std::vector<float>& logits, const SampleRule& rule) {
    std::set<std::int32_t> tokens;
    for (int i = 0; i < 20000; ++i) tokens.insert(draw(logits, rule, (i + 0.5) / 20000.0).token);
    return tokens;
}

}  // namespace

TEST_CASE("sampled tokens follow the softmax at the temperature, by a chi-square test",
          "[kernel][sample]") {
    const std::uint64_t seed = 20240817;
    INFO("seed " << seed);
    for (const Index vocabulary : {7, 300, 1000}) {
        const float temperature = 0.7f;
        const auto logits = random_logits(vocabulary, seed, 1.5f);
        const auto p = softmax(logits, static_cast<double>(temperature));
        std::vector<double> count(p.size(), 0.0);
        const int draws = 200 * static_cast<int>(vocabulary);
        const SampleRule rule{.inverse_temperature = 1.0f / temperature};
        for (int i = 0; i < draws; ++i) {
            const double uniform =
                static_cast<double>(Philox{seed}.bits(2, static_cast<std::uint64_t>(i)) >> 11) *
                0x1p-53;
            const SampledToken s = draw(logits, rule, uniform);
            REQUIRE(s.finite);
            count[static_cast<std::size_t>(s.token)] += 1.0;
            REQUIRE(std::abs(s.logp - std::log(p[static_cast<std::size_t>(s.token)])) < 2e-6);
        }
        double chi = 0.0;
        for (std::size_t i = 0; i < p.size(); ++i)
            chi += (count[i] - draws * p[i]) * (count[i] - draws * p[i]) / (draws * p[i]);
        const double freedom = static_cast<double>(vocabulary - 1);
        INFO("chi-square " << chi << " with " << freedom << " degrees of freedom");
        CHECK(chi < freedom + 4.0 * std::sqrt(2.0 * freedom));
        CHECK(chi > freedom - 4.0 * std::sqrt(2.0 * freedom));
    }
}

TEST_CASE("the inverse of the cumulative distribution is exact at its steps and at both ends",
          "[kernel][sample]") {
    std::vector<float> weight(600, 0.0f);
    weight[3] = 1.0f, weight[300] = 2.0f, weight[301] = 1.0f, weight[520] = 4.0f;
    const View<const float> view(weight);
    const SerialTeam team;
    CHECK(inverse_cumulative(team, view, 0.0) == 3);
    CHECK(inverse_cumulative(team, view, std::nextafter(0.125, 0.0)) == 3);
    CHECK(inverse_cumulative(team, view, 0.125) == 300);
    CHECK(inverse_cumulative(team, view, std::nextafter(0.375, 0.0)) == 300);
    CHECK(inverse_cumulative(team, view, 0.375) == 301);
    CHECK(inverse_cumulative(team, view, 0.5) == 520);
    CHECK(inverse_cumulative(team, view, std::nextafter(1.0, 0.0)) == 520);
}

TEST_CASE("greedy takes the largest logit, the lowest id on ties", "[kernel][sample]") {
    std::vector<float> logits(1000, -1.0f);
    logits[17] = logits[400] = logits[999] = 2.0f;
    const SampleRule rule{.inverse_temperature = 1.0f, .greedy = true};
    CHECK(draw(logits, rule, 0.99).token == 17);
    logits[17] =
        std::nextafter(2.0f, 0.0f);  // a temperature that rounds both alike changes nothing
    CHECK(draw(logits, SampleRule{.inverse_temperature = 1e-3f, .greedy = true}, 0.0).token == 400);
    logits[0] = 3.0f;
    const SampledToken s = draw(logits, rule, 0.5);
    CHECK(s.token == 0);
    CHECK(s.logp == Approx(std::log(softmax(logits, 1.0)[0])).margin(1e-6));
}

TEST_CASE("top-k keeps the k largest logits, and all that equal the last of them",
          "[kernel][sample]") {
    const std::vector<float> logits{0.1f, 3.0f, -0.5f, 2.0f, 2.0f, 1.0f, -2.0f};
    CHECK(reachable(logits, {.top_k = 1}) == std::set<std::int32_t>{1});
    CHECK(reachable(logits, {.top_k = 2}) == std::set<std::int32_t>{1, 3, 4});
    CHECK(reachable(logits, {.top_k = 3}) == std::set<std::int32_t>{1, 3, 4});
    CHECK(reachable(logits, {.top_k = 4}) == std::set<std::int32_t>{1, 3, 4, 5});
    CHECK(reachable(logits, {.top_k = 100}).size() == logits.size());
}

TEST_CASE("top-p keeps the smallest set that reaches the mass, after top-k", "[kernel][sample]") {
    std::vector<float> logits;
    for (const float p : {0.05f, 0.5f, 0.15f, 0.3f}) logits.push_back(std::log(p));
    CHECK(reachable(logits, {.top_p = 0.49f}) == std::set<std::int32_t>{1});
    CHECK(reachable(logits, {.top_p = 0.51f}) == std::set<std::int32_t>{1, 3});
    CHECK(reachable(logits, {.top_p = 0.79f}) == std::set<std::int32_t>{1, 3});
    CHECK(reachable(logits, {.top_p = 0.81f}) == std::set<std::int32_t>{1, 2, 3});
    CHECK(reachable(logits, {.top_p = 0.96f}).size() == 4);
    // Of the 0.8 that top-k leaves, 0.5 is a share of 0.625: enough for 0.6, which is above 0.5.
    CHECK(reachable(logits, {.top_k = 2, .top_p = 0.6f}) == std::set<std::int32_t>{1});
    CHECK(reachable(logits, {.top_k = 2, .top_p = 0.64f}) == std::set<std::int32_t>{1, 3});
}

TEST_CASE("min-p keeps tokens with a share of the largest probability", "[kernel][sample]") {
    std::vector<float> logits;
    for (const float p : {0.05f, 0.5f, 0.15f, 0.3f}) logits.push_back(std::log(p));
    CHECK(reachable(logits, {.min_p = 0.05f}).size() == 4);
    CHECK(reachable(logits, {.min_p = 0.25f}) == std::set<std::int32_t>{1, 2, 3});
    CHECK(reachable(logits, {.min_p = 0.5f}) == std::set<std::int32_t>{1, 3});
    CHECK(reachable(logits, {.min_p = 1.0f}) == std::set<std::int32_t>{1});
}

TEST_CASE("the log-probability is that of the whole distribution, whatever was filtered",
          "[kernel][sample]") {
    const auto logits = random_logits(321, 5, 4.0f);
    const auto p = softmax(logits, 1.0);
    for (const SampleRule& rule : {SampleRule{}, SampleRule{.top_k = 5}, SampleRule{.top_p = 0.3f},
                                   SampleRule{.min_p = 0.5f}})
        for (int i = 0; i < 50; ++i) {
            const SampledToken s = draw(logits, rule, (i + 0.5) / 50.0);
            CHECK(s.logp == Approx(std::log(p[static_cast<std::size_t>(s.token)])).margin(2e-6));
        }
}

TEST_CASE("a logit that is not a finite number is reported, not sampled", "[kernel][sample]") {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
        auto logits = random_logits(40, 9, 1.0f);
        CHECK(draw(logits, {}, 0.5).finite);
        logits[39] = bad;
        CHECK_FALSE(draw(logits, {}, 0.5).finite);
    }
}
