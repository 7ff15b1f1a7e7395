// SPDX-License-Identifier: Apache-2.0
//
// Numbers are tests/model/qwen3.test.cpp's; here, that a block of threads makes of each row what
// one thread makes of it.
#include "model/check_row.hpp"

#include <gppo/model/qwen3_rows.hpp>
#include <gppo/model/read_weights.hpp>

#include <vector>

using namespace gppo;

namespace {

using Floats = std::vector<float>;

}  // namespace

TEST_CASE("the model's rows are the same for a block of threads", "[model][qwen3_rows]") {
    const Index d = 10, tokens = 80, targets = 70;
    const Floats x = random_values(tokens * d, 1), w = random_values(d, 2),
                 scale = random_values(targets, 3), dy = random_values(targets * d, 4);
    std::vector<std::int32_t> ids, first{0}, places;
    std::vector<Index> rows;
    for (Index t = 0; t < tokens; ++t) ids.push_back(static_cast<std::int32_t>((t * 7) % 40));
    for (Index n = 0; n < targets; ++n) rows.push_back(n + 5);
    for (std::int32_t v = 0; v < 40; ++v) {
        for (std::int32_t t = 0; t < 80; ++t)
            if (ids[static_cast<std::size_t>(t)] == v) places.push_back(t);
        first.push_back(static_cast<std::int32_t>(places.size()));
    }
    check_row(2, 20'000, [&](float* m) { return ZeroChunk{{m, 19'000}}; });
    check_row(tokens, tokens * d, [&](float* m) {
        return EmbedRow{d, x.data(), View<const std::int32_t>(ids), m};
    });
    std::vector<std::uint16_t> halves;
    for (const float value : x) halves.push_back(float_to_bf16(value));
    check_row(tokens, tokens * d, [&](float* m) {
        return EmbedRow{d, halves.data(), View<const std::int32_t>(ids), m};
    });
    const std::vector<NormPlace> norms{{3, 0, 70}, {90, 70, 100}};
    check_row(2, 170, [&](float* m) { return WidenNorm{norms.data(), halves.data(), m}; });
    check_row(targets, targets * (2 * d + 1), [&](float* m) {
        return GatherRow{d,        1e-6f, View<const Index>(rows), x.data(),
                         w.data(), m,     m + targets * d,         m + 2 * targets * d};
    });
    check_row(2, (tokens + 2) * d, [&](float* m) {
        return GatherBackwardBlock{d,
                                   64,
                                   View<const Index>(rows),
                                   dy.data(),
                                   x.data(),
                                   w.data(),
                                   scale.data(),
                                   m,
                                   m + tokens * d};
    });
    check_row(targets, targets * d, [&](float* m) {
        return NormaliseOnlyRow{d, 1e-6f, View<const Index>(rows), x.data(), w.data(), m};
    });
    check_row(tokens, tokens * d,
              [&](float* m) { return NormaliseOnlyRow{d, 1e-6f, {}, m, w.data(), m}; });
    check_row(40, 40 * d, [&](float* m) {
        return EmbedBackwardRow{d, first.data(), places.data(), View<const float>(x), m};
    });
}

TEST_CASE("heads turned in place are the same for a block of threads, and for a team each",
          "[model][qwen3_rows]") {
    const Index tokens = 9, d = 6, heads = 5, stride = 7 * d;
    const Floats norms = random_values(2 * d, 2);
    Floats cosine = random_values(40 * d / 2, 5), sine = random_values(40 * d / 2, 6);
    std::vector<std::int32_t> positions;
    for (std::int32_t t = 0; t < tokens; ++t) positions.push_back(t * 4);
    const auto head = [&](float* qkv) {
        return RotateHeadInPlace{{3,
                                  heads,
                                  d,
                                  stride,
                                  norms.data(),
                                  norms.data() + d,
                                  qkv,
                                  View<const std::int32_t>(positions),
                                  {cosine.data(), sine.data(), d / 2}},
                                 1e-6f,
                                 qkv};
    };
    check_row(tokens * heads, tokens * stride, head);
    check_row(tokens, tokens * stride, [&](float* m) { return RotateInPlaceRow{head(m)}; });
    Floats by_head = random_values(tokens * stride, 3), by_token = by_head;
    const Floats before = by_head;
    for (Index n = 0; n < tokens * heads; ++n) head(by_head.data())(SerialTeam{}, n);
    for (Index t = 0; t < tokens; ++t) RotateInPlaceRow{head(by_token.data())}(SerialTeam{}, t);
    CHECK(distance(by_head, by_token) < 1e-6f);
    CHECK(distance(by_head, before) > 0.1f);
}
