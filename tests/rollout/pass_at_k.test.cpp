// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/rollout/pass_at_k.hpp>

#include <cmath>
#include <vector>

using namespace gppo;

TEST_CASE("pass@k equals the share of k-subsets that hold a correct completion",
          "[rollout][pass_at_k]") {
    for (int n = 1; n <= 8; ++n)
        for (int c = 0; c <= n; ++c)
            for (int k = 1; k <= n; ++k) {
                int subsets = 0, hits = 0;  // completions 0 … c - 1 are the correct ones
                for (unsigned set = 0; set < (1u << n); ++set) {
                    if (__builtin_popcount(set) != k) continue;
                    ++subsets;
                    if ((set & ((1u << c) - 1u)) != 0) ++hits;
                }
                CHECK(pass_at_k(Tally{n, c}, k) ==
                      Approx(static_cast<double>(hits) / subsets).margin(1e-12));
            }
}

TEST_CASE("pass@k stays exact for many samples and refuses more draws than samples",
          "[rollout][pass_at_k]") {
    CHECK(pass_at_k({1000, 1}, 500) == Approx(0.5).epsilon(1e-12));
    CHECK(pass_at_k({100000, 100000}, 1) == 1.0);
    CHECK_THROWS_AS(pass_at_k({4, 1}, 5), Error);
    CHECK_THROWS_AS(pass_at_k({4, 5}, 1), Error);
    CHECK_THROWS_AS(pass_at_k({4, 1}, 0), Error);
}

TEST_CASE("averages weigh every problem the same", "[rollout][pass_at_k]") {
    const std::vector<Tally> problems{{4, 4}, {4, 0}, {8, 4}};
    CHECK(average_correct(problems) == Approx(0.5));
    CHECK(pass_at_k(problems, 4) == Approx((1.0 + 0.0 + (1.0 - 1.0 / 70.0)) / 3.0));
    CHECK_THROWS_AS(average_correct(View<const Tally>{}), Error);
}

TEST_CASE("the Wilson interval matches published values and stays in [0, 1]",
          "[rollout][pass_at_k]") {
    // 81 of 263 (Newcombe 1998, table I, method 3) and 0 of 20 (the same).
    const Interval a = wilson_interval({263, 81}), b = wilson_interval({20, 0});
    CHECK(a.low == Approx(0.2553).margin(5e-5));
    CHECK(a.high == Approx(0.3662).margin(5e-5));
    CHECK(b.low == 0.0);
    CHECK(b.high == Approx(0.1611).margin(5e-5));
    CHECK(wilson_interval({20, 20}).high == 1.0);
    CHECK_THROWS_AS(wilson_interval({0, 0}), Error);
}

TEST_CASE("the bootstrap interval is near the normal one, and the same for the same seed",
          "[rollout][pass_at_k]") {
    std::vector<Tally> problems;
    for (int i = 0; i < 400; ++i) problems.push_back({4, i % 5});
    const Interval a = bootstrap_interval(problems, 1, 7),
                   again = bootstrap_interval(problems, 1, 7);
    CHECK(a.low == again.low);
    CHECK(a.high == again.high);
    const double deviation = std::sqrt(0.125 / 400.0);  // values 0, 1/4, …, 1 have variance 1/8
    CHECK(a.low == Approx(0.5 - 1.96 * deviation).margin(0.006));
    CHECK(a.high == Approx(0.5 + 1.96 * deviation).margin(0.006));
}
