// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"
#include "kernel/thread_team.hpp"

#include <gppo/kernel/adamw_8bit.hpp>
#include <gppo/train/adamw.hpp>

#include <algorithm>

using namespace gppo;
using namespace gppo::test;

namespace {

/// The moments of parameters, block by block, and steps over them.
struct Moments {
    explicit Moments(Index n)
        : m(static_cast<std::size_t>(n)),
          v(static_cast<std::size_t>(n)),
          m_scale(static_cast<std::size_t>((n + moment_block - 1) / moment_block)),
          v_scale(m_scale.size()) {}

    std::vector<std::int8_t> m;
    std::vector<std::uint8_t> v;
    std::vector<float> m_scale, v_scale;

    Moments8Bit block(Index first, Index count) {
        const Index b = first / moment_block;
        return {View<std::int8_t>(m).slice(first, count), View<std::uint8_t>(v).slice(first, count),
                m_scale.data() + b, v_scale.data() + b};
    }

    void step(const AdamWStep& s, std::uint64_t seed, std::uint64_t t,
              const std::vector<float>& gradient, std::vector<float>& weight) {
        const auto n = static_cast<Index>(weight.size());
        for (Index first = 0; first < n; first += moment_block) {
            const Index count = std::min(moment_block, n - first);
            adamw_8bit(SerialTeam{}, s, {Philox{seed}, t, first},
                       View<const float>(gradient).slice(first, count), block(first, count),
                       StoredFp32{View<float>(weight).slice(first, count)});
        }
    }
};

}  // namespace

TEST_CASE("an 8-bit code's mean is what was encoded", "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    for (float share : random_values(40, seed, 1, -8.0f, 0.0f)) {
        share = std::pow(10.0f, share);
        CAPTURE(share);
        double of_m = 0, of_v = 0;
        for (int k = 0; k < 0x10000; ++k) {
            const float uniform = static_cast<float>(k) * 0x1p-16f;
            of_m += static_cast<double>(
                decode_m(static_cast<std::int8_t>(encode_share<4>(share, 127.0f, uniform)), 2.0f));
            of_v += static_cast<double>(
                decode_v(static_cast<std::uint8_t>(encode_share<8>(share, 255.0f, uniform)), 2.0f));
        }
        // One of 65,536 chances is the place of the uniform number.
        CHECK(of_m / 0x10000 == Approx(2 * static_cast<double>(share)).epsilon(1e-3).margin(4e-9));
        CHECK(of_v / 0x10000 == Approx(2 * static_cast<double>(share)).epsilon(1e-3).margin(4e-9));
    }
    CHECK(encode_share<4>(0.0f, 127.0f, 0.0f) == 0);
    CHECK(encode_share<4>(1.0f, 127.0f, 0.999f) == 127);
    CHECK(encode_share<8>(1.0f, 255.0f, 0.999f) == 255);
    CHECK(decode_m(-127, 3.0f) == Approx(-3.0f));
}

TEST_CASE("8-bit moments find the minimum that fp32 moments find", "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    constexpr Index n = 1000;  // the last block is short
    const auto target = random_values(n, seed, 1);
    const auto curvature = random_values(n, seed, 2, 0.01f, 10.0f);  // uneven within a block
    std::vector<float> weight(n), weight32(n), m32(n), v32(n), g(n), g32(n);
    Moments moments(n);
    const auto loss = [&](const std::vector<float>& w) {
        double total = 0;
        for (std::size_t i = 0; i < w.size(); ++i)
            total += static_cast<double>(curvature[i]) * std::pow(w[i] - target[i], 2) / n;
        return total;
    };
    const double start = loss(weight);
    for (std::uint64_t t = 1; t <= 800; ++t) {
        const auto noise = random_values(n, seed, 100 + t, -0.3f, 0.3f);
        for (std::size_t i = 0; i < g.size(); ++i) {
            g[i] = curvature[i] * (weight[i] - target[i] + noise[i]);
            g32[i] = curvature[i] * (weight32[i] - target[i] + noise[i]);
        }
        const AdamWStep s =
            adamw_constants({.lr = t < 400 ? 1e-2f : 2e-3f}, static_cast<Index>(t), 1.0f);
        moments.step(s, seed, t, g, weight);
        adamw(SerialTeam{}, s, g32, m32, v32, weight32);
    }
    CHECK(loss(weight32) < 0.02 * start);
    CHECK(loss(weight) < 1.5 * loss(weight32));
}

TEST_CASE("an outlier in a block does not make its neighbours leap", "[kernel][adamw]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    std::vector<float> weight(moment_block, 0.0f), gradient(moment_block, 1e-4f);
    gradient[7] = 100.0f;
    gradient[8] = 0.0f;
    Moments moments(moment_block);
    for (std::uint64_t t = 1; t <= 50; ++t)
        moments.step(adamw_constants({.lr = 1e-2f}, static_cast<Index>(t), 1.0f), seed, t, gradient,
                     weight);
    // A millionth of the block's largest has neighbouring codes that differ 2.4 times: single steps
    // are that coarse, their mean is lr.
    double mean = 0;
    for (std::size_t i = 9; i < weight.size(); ++i) {
        CHECK(std::abs(weight[i]) < 50 * 1e-2f * 2.4f);
        mean -= static_cast<double>(weight[i]) / static_cast<double>(weight.size() - 9);
    }
    CHECK(mean == Approx(50 * 1e-2).epsilon(0.15));
    CHECK(weight[7] < -0.4f);
    CHECK(weight[8] == 0.0f);  // neither gradient nor moments
}

TEST_CASE("blocks without a gradient keep moments of zero", "[kernel][adamw]") {
    std::vector<float> weight(10, 1.0f);
    Moments moments(10);
    moments.step(adamw_constants({.lr = 1e-2f}, 1, 1.0f), 1, 1, std::vector<float>(10, 0.0f),
                 weight);
    CHECK(weight == std::vector<float>(10, 1.0f));
    CHECK(moments.m_scale[0] == 0.0f);
    CHECK(moments.v == std::vector<std::uint8_t>(10, 0));
    moments.step(adamw_constants({.lr = 1e-2f}, 1, 1.0f), 1, 1, std::vector<float>(10, 1e-30f),
                 weight);  // squares are 0
    CHECK(std::all_of(weight.begin(), weight.end(), [](float w) { return std::isfinite(w); }));
}

TEST_CASE("a block of threads steps 8-bit moments as one thread does", "[kernel][thread_team]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const auto gradient = random_values(200, seed, 1);
    std::vector<float> alone = random_values(200, seed, 2), together = alone;
    Moments one(200), many(200);
    for (std::uint64_t t = 1; t <= 3; ++t) {
        const AdamWStep s = adamw_constants({.lr = 1e-2f}, static_cast<Index>(t), 1.0f);
        one.step(s, seed, t, gradient, alone);
        side_by_side([&](ThreadTeam team) {
            adamw_8bit(team, s, {Philox{seed}, t, 0}, gradient, many.block(0, 200),
                       StoredFp32{View<float>(together)});
            return 0.0f;
        });
    }
    for (std::size_t i = 0; i < alone.size(); ++i)
        CHECK(together[i] == Approx(alone[i]).margin(2e-3));  // a code may fall to the other side
}
