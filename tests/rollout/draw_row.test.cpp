// SPDX-License-Identifier: Apache-2.0
//
// What is drawn is tests/kernel/sample.test.cpp's; here, from which row and to where.
#include "catch.hpp"
#include "kernel/thread_team.hpp"
#include "random_values.hpp"

#include <gppo/rollout/draw_row.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("each draw reads its row, and a block of threads draws what one does",
          "[rollout][draw_row]") {
    const Index vocabulary = 300;
    const std::vector<float> logits = random_values(3 * vocabulary, 4);
    const std::vector<Drawn> draws{{0, 0.1}, {2, 0.1}, {2, 0.9}, {1, 0.5}};
    const SampleRule rule{.inverse_temperature = 3.0f, .top_p = 0.95f};
    std::vector<float> weights(4 * 300), expected_weights(300);
    const auto run = [&](auto team, std::vector<SampledToken>& out) {
        const DrawRow row{vocabulary,     rule,      logits.data(), View<const Drawn>(draws),
                          weights.data(), out.data()};
        for (Index i = 0; i < 4; ++i) row(team, i);
        return 0;
    };
    std::vector<SampledToken> alone(4), together(4);
    run(SerialTeam{}, alone);
    side_by_side([&](ThreadTeam team) { return run(team, together); });
    for (std::size_t i = 0; i < 4; ++i) {
        const SampledToken want = sample(
            SerialTeam{}, View<const float>(logits).slice(draws[i].row * vocabulary, vocabulary),
            rule, draws[i].uniform, View<float>(expected_weights));
        CHECK(alone[i].token == want.token);
        CHECK(alone[i].logp == Approx(want.logp).epsilon(1e-6));
        CHECK(together[i].token == want.token);
        CHECK(together[i].logp == Approx(want.logp).epsilon(1e-5));
    }
    CHECK(alone[1].token != alone[2].token);
}
