// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/attention_case.hpp"
#include "catch.hpp"

#include <cmath>
#include <random>

using namespace gppo;

TEST_CASE("attention backward in bf16 is that in fp32 up to the rounding of its factors",
          "[backend][attention]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    for (const AttentionCase& c :
         {AttentionCase(4, 2, 24, {5, 1, 59}, seed), AttentionCase(6, 2, 7, {90, 3}, seed),
          AttentionCase(2, 2, 32, {17, 300}, seed), AttentionCase(8, 1, 64, {2, 83}, seed),
          AttentionCase(4, 1, 3, {0, 1, 200}, seed)}) {
        const AttentionResult fp32 = run_attention(c, 2);
        const AttentionResult bf16 = run_attention(c, 2, Precision::bf16);
        CHECK(fp32.out == bf16.out);
        CHECK(fp32.lse == bf16.lse);
        for (const auto& [exact, rounded] :
             {std::pair{&fp32.dq, &bf16.dq}, {&fp32.dk, &bf16.dk}, {&fp32.dv, &bf16.dv}}) {
            double size = 0, error = 0;
            for (std::size_t i = 0; i < exact->size(); ++i) {
                const auto want = static_cast<double>((*exact)[i]);
                size += want * want;
                error += std::pow(want - static_cast<double>((*rounded)[i]), 2);
            }
            REQUIRE(std::sqrt(error) <= 8e-3 * std::sqrt(size));  // 2^-9 is 2e-3
            CHECK(*exact != *rounded);
        }
    }
}

TEST_CASE("attention backward in bf16 gives the same bits for any number of threads",
          "[backend][attention]") {
    const AttentionCase c(8, 2, 32, {64, 100, 1, 31, 129}, 3);
    const AttentionResult one = run_attention(c, 1, Precision::bf16);
    for (const int threads : {2, 3, 7}) {
        const AttentionResult many = run_attention(c, threads, Precision::bf16);
        CHECK(one.dq == many.dq);
        CHECK(one.dk == many.dk);
        CHECK(one.dv == many.dv);
    }
}
