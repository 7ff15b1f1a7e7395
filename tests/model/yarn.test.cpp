// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/yarn.hpp>

#include <cmath>

using namespace gppo;

namespace {

// Qwen3's own advice for 128 k: factor 4 over 32,768, theta 1e6, heads of 128.
const Yarn qwen{.factor = 4, .original_max_position_embeddings = 32768};

}  // namespace

TEST_CASE("YaRN keeps fast pairs, slows slow ones by the factor, mixes between", "[model][yarn]") {
    const RopeFrequencies yarn = yarn_frequencies(qwen, 1e6f, 128), plain{.theta = 1e6f};
    CHECK(static_cast<double>(yarn.low) ==
          std::floor(64 * std::log(32768 / (32 * 2 * M_PI)) / std::log(1e6)));
    const auto ratio = [&](Index i) { return static_cast<double>(yarn(i, 64) / plain(i, 64)); };
    CHECK(ratio(0) == 1);
    CHECK(ratio(static_cast<Index>(yarn.low)) == 1);
    CHECK(ratio(63) == Approx(0.25).epsilon(1e-6));
    double last = 1;
    for (Index i = 0; i < 64; ++i) {
        CHECK(ratio(i) <= last + 1e-6);
        last = ratio(i);
    }
    CHECK(static_cast<double>(yarn.scale) == Approx(0.1 * std::log(4) + 1));
}

TEST_CASE("YaRN's attention factor is given, or follows from the scale", "[model][yarn]") {
    Yarn y = qwen;
    y.mscale = 0.5;
    CHECK(attention_factor(y) == Approx(0.1 * std::log(4) + 1));  // alone it does nothing
    y.mscale_all_dim = 2.0;
    CHECK(attention_factor(y) == Approx((0.05 * std::log(4) + 1) / (0.2 * std::log(4) + 1)));
    y.attention_factor = 1.5;
    CHECK(attention_factor(y) == 1.5);
    CHECK(attention_factor(Yarn{.factor = 1, .original_max_position_embeddings = 8}) == 1);
}

TEST_CASE("bounds may be fractions, and may coincide", "[model][yarn]") {
    Yarn y = qwen;
    y.truncate = false;
    CHECK(static_cast<double>(yarn_frequencies(y, 1e6f, 128).low) ==
          Approx(64 * std::log(32768 / (32 * 2 * M_PI)) / std::log(1e6)));
    y.original_max_position_embeddings = 1;  // every pair turns less than once
    const RopeFrequencies slow = yarn_frequencies(y, 1e6f, 128);
    for (Index i = 0; i < 64; ++i) CHECK(std::isfinite(slow(i, 64)));
}

TEST_CASE("YaRN that cannot work is refused", "[model][yarn]") {
    const auto refused = [](Yarn y, const char* word) {
        CHECK_THROWS_WITH(check(y), Catch::Contains(word));
    };
    check(qwen);
    refused({.factor = 0.5, .original_max_position_embeddings = 8}, "factor must be at least 1");
    refused({.factor = std::nan(""), .original_max_position_embeddings = 8}, "factor");
    refused({.factor = 2}, "original_max_position_embeddings");
    refused({.factor = 2, .original_max_position_embeddings = 8, .beta_fast = 0.5}, "beta_fast");
    refused({.factor = 2, .original_max_position_embeddings = 8, .attention_factor = 0.0},
            "attention_factor");
}
