// SPDX-License-Identifier: Apache-2.0
//
// AdamW with both moments in 8 bits, scaled block by block (Dettmers et al. 2022, arXiv
// 2110.02861): 2 bytes and 8 / block bytes a parameter instead of 8.
//
//   m = scale (q / 127)^4 sign(q)    q in -127 ... 127
//   v = scale (q / 255)^8            q in 0 ... 255
//
// so that m and the root of v reach from the block's largest down to 4e-9 and 2e-10 of it, in
// steps of 3 % at the top.
// Deviations from the paper: a power instead of a dynamic tree, so that no table is searched;
// stochastic rounding, because beta2 = 0.999 moves v by less than half a place; a v that is not 0
// is not rounded to 0, because m / (sqrt(0) + eps) would be a leap.
#pragma once

#include <gppo/kernel/adamw_stored.hpp>

namespace gppo {

/// Elements that share a scale.
inline constexpr Index moment_block = 256;

/// Moments of one block.
struct Moments8Bit {
    View<std::int8_t> m;   // (n), n <= moment_block
    View<std::uint8_t> v;  // (n)
    float* m_scale = nullptr;
    float* v_scale = nullptr;
};

GPPO_HD inline float decode_m(std::int8_t q, float scale) noexcept {
    const float x = static_cast<float>(q) * (1.0f / 127.0f);
    const float square = x * x;
    return x < 0.0f ? -scale * square * square : scale * square * square;
}
GPPO_HD inline float decode_v(std::uint8_t q, float scale) noexcept {
    const float x = static_cast<float>(q) * (1.0f / 255.0f), square = x * x,
                fourth = square * square;
    return scale * (fourth * fourth);
}

/// The code of a share in [0, 1] of the block's largest; `places` codes above 0, `uniform` in
/// [0, 1). The mean of what is decoded is the share: the chance of the upper code is that of a
/// straight line between both codes' values.
template <int power>
GPPO_HD int encode_share(float share, float places, float uniform) noexcept {
    static_assert(power == 4 || power == 8);
    float root = math::sqrt(math::sqrt(share));
    if constexpr (power == 8) root = math::sqrt(root);
    const float below = math::min(static_cast<float>(static_cast<int>(root * places)), places);
    const float above = math::min(below + 1.0f, places);
    const auto value = [=](float code) {
        const float x = code / places, square = x * x, fourth = square * square;
        return power == 8 ? fourth * fourth : fourth;
    };
    const float low = value(below), high = value(above);
    const bool up = uniform * (high - low) < share - low;
    return static_cast<int>(up ? above : below);
}

/// One block of at most moment_block parameters.
template <Team X, Stored W>
GPPO_HD void adamw_8bit(X team, AdamWStep s, RoundingNoise noise,
                        View<const float> gradient /* (n) */, Moments8Bit moments,
                        W weight /* (n) */) {
    const float m_scale = *moments.m_scale, v_scale = *moments.v_scale;
    const auto stepped = [=](Index i) {
        return adamw_element(
            s, gradient[i],
            {decode_m(moments.m[i], m_scale), decode_v(moments.v[i], v_scale), weight.load(i)});
    };
    // The new scales must be known before the first code is written, so elements are worked out
    // once for each and again: cheaper than room for them.
    const float largest_m =
        team.max(weight.size(), [=](Index i) { return math::abs(stepped(i).m); });
    const float largest_v = team.max(weight.size(), [=](Index i) { return stepped(i).v; });
    const auto inverse = [](float x) { return x > 0x1p-126f ? 1.0f / x : 0.0f; };  // not infinite
    const float per_m = inverse(largest_m), per_v = inverse(largest_v);
    team.for_each(weight.size(), [=](Index i) {
        const AdamWElement e = stepped(i);
        const Philox::Words random = noise(i);
        const auto uniform = [](std::uint32_t bits) {
            return static_cast<float>(bits & 0xFFFFu) * 0x1p-16f;
        };
        const int m = encode_share<4>(math::abs(e.m) * per_m, 127.0f, uniform(random[0]));
        const int v = encode_share<8>(e.v * per_v, 255.0f, uniform(random[0] >> 16));
        moments.m[i] = static_cast<std::int8_t>(e.m < 0.0f ? -m : m);
        moments.v[i] = static_cast<std::uint8_t>(v == 0 && e.v > 0.0f ? 1 : v);
        weight.store(i, e.weight, random[1]);
    });
    team.for_each(1, [=](Index) {
        *moments.m_scale = largest_m;
        *moments.v_scale = largest_v;
    });
}

}  // namespace gppo
