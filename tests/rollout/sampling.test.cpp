// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/sampling.hpp>

#include <set>

using namespace gppo;

TEST_CASE("sampling options out of range are named", "[rollout][sampling]") {
    CHECK_THROWS_WITH(sample_rule({.temperature = 0.0f}), Catch::Contains("temperature"));
    CHECK_THROWS_WITH(sample_rule({.temperature = -1.0f}), Catch::Contains("temperature"));
    CHECK_THROWS_WITH(sample_rule({.top_k = -1}), Catch::Contains("top_k"));
    CHECK_THROWS_WITH(sample_rule({.top_p = 0.0f}), Catch::Contains("top_p"));
    CHECK_THROWS_WITH(sample_rule({.min_p = 1.5f}), Catch::Contains("min_p"));
    const SampleRule rule = sample_rule({.temperature = 0.5f, .top_k = 20, .top_p = 0.9f});
    CHECK(rule.inverse_temperature == 2.0f);
    CHECK(rule.top_k == 20);
}

TEST_CASE("random numbers differ between requests, completions, positions and seeds",
          "[rollout][sampling]") {
    std::set<double> seen;
    for (std::uint64_t seed = 0; seed < 3; ++seed)
        for (std::uint64_t id = 0; id < 10; ++id)
            for (Index g = 0; g < 10; ++g)
                for (Index position = 0; position < 10; ++position) {
                    const double u = sample_uniform(seed, completion_stream(id, g), position);
                    CHECK((u >= 0.0 && u < 1.0));
                    seen.insert(u);
                }
    CHECK(seen.size() == 3000);
}

TEST_CASE("stop tokens are looked up", "[rollout][sampling]") {
    const Sampling s{.stop = {3, 7}};
    CHECK(s.stops(7));
    CHECK_FALSE(s.stops(4));
    CHECK_FALSE(Sampling{}.stops(0));
}
