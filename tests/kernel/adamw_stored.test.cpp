// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"

#include <gppo/kernel/adamw_stored.hpp>
#include <gppo/train/adamw.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("kept in fp32, adamw_stored is adamw", "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> weight = random_values(100, seed, 1), m(100), v(100);
    std::vector<float> weight2 = weight, m2 = m, v2 = v;
    for (std::uint64_t t = 1; t <= 3; ++t) {
        const auto g = random_values(100, seed, 10 + t);
        const AdamWStep s = adamw_constants({.lr = 1e-2f}, static_cast<Index>(t), 1.0f);
        adamw(SerialTeam{}, s, g, m, v, weight);
        adamw_stored(SerialTeam{}, s, {Philox{seed}, t}, g, StoredFp32{m2}, StoredFp32{v2},
                     StoredFp32{weight2});
    }
    for (std::size_t i = 0; i < weight.size(); ++i) {
        CHECK(weight2[i] == Approx(weight[i]).margin(1e-6));
        CHECK(m2[i] == Approx(m[i]).margin(1e-6));
        CHECK(v2[i] == Approx(v[i]).margin(1e-6));
    }
}

TEST_CASE("in bf16 v and the weight follow fp32 where rounding to nearest stands still",
          "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    constexpr int steps = 1500;
    constexpr Index n = 4096;
    const std::vector<float> gradient(n, 1.0f);
    std::vector<std::uint16_t> m(n), v(n), weight(n, float_to_bf16(1.0f));
    std::vector<float> m32(n), v32(n), weight32(n, 1.0f);
    float nearest_v = 0, nearest_weight = 1;
    for (int t = 1; t <= steps; ++t) {
        const AdamWStep s = adamw_constants({.lr = 1e-4f}, t, 1.0f);
        adamw_stored(SerialTeam{}, s, {Philox{seed}, static_cast<std::uint64_t>(t)}, gradient,
                     StoredBf16{m}, StoredBf16{v}, StoredBf16{weight});
        adamw(SerialTeam{}, s, gradient, m32, v32, weight32);
        const auto nearest = [](float x) { return bf16_to_float(float_to_bf16(x)); };
        nearest_v = nearest(0.999f * nearest_v + 0.001f);
        nearest_weight = nearest(nearest_weight - 1e-4f);
    }
    double mean_v = 0, mean_weight = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
        mean_v += static_cast<double>(bf16_to_float(v[i])) / n;
        mean_weight += static_cast<double>(bf16_to_float(weight[i])) / n;
    }
    // The standard error of both means is 0.0004, over 25 seeds.
    CHECK(mean_v == Approx(static_cast<double>(v32[0])).margin(0.003));
    CHECK(mean_weight == Approx(static_cast<double>(weight32[0])).margin(0.003));
    CHECK(nearest_v < 0.6f);        // 0.78 is right
    CHECK(nearest_weight == 1.0f);  // 0.85 is right
}

TEST_CASE("rounding depends on the parameter's place and the step, not on the chunk",
          "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const auto gradient = random_values(64, seed, 1);
    std::vector<std::uint16_t> m(64), v(64), weight(64), m2(64), v2(64), weight2(64);
    const AdamWStep s = adamw_constants({.lr = 1e-2f}, 1, 1.0f);
    const auto run = [&](Index first, Index count, auto& a, auto& b, auto& c) {
        adamw_stored(SerialTeam{}, s, {Philox{seed}, 1, first},
                     View<const float>(gradient).slice(first, count),
                     StoredBf16{a}.slice(first, count), StoredBf16{b}.slice(first, count),
                     StoredBf16{c}.slice(first, count));
    };
    run(0, 64, m, v, weight);
    run(32, 32, m2, v2, weight2);
    run(0, 32, m2, v2, weight2);
    CHECK(m2 == m);
    CHECK(v2 == v);
    CHECK(weight2 == weight);
}
