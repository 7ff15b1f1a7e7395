// SPDX-License-Identifier: Apache-2.0
//
// Numbers are tests/model/decoder_layer.test.cpp's; here, that a block of threads makes of each row
// what one thread makes of it.
#include "model/check_row.hpp"

#include <gppo/model/layer_rows.hpp>

#include <vector>

using namespace gppo;

namespace {

using Floats = std::vector<float>;

}  // namespace

TEST_CASE("a layer's rows are the same for a block of threads", "[model][layer_rows]") {
    const Index tokens = 70, d = 12;
    const Floats x = random_values(tokens * d, 1), w = random_values(d, 2),
                 dy = random_values(tokens * d, 3), scale = random_values(tokens, 4);
    check_row(tokens, 3 * tokens * d, [&](float* m) {
        return NormaliseRow{d, 1e-6f, x.data(), w.data(), m, m + tokens * d, m + 2 * tokens * d};
    });
    check_row(2, (tokens + 2) * d, [&](float* m) {
        return NormaliseBackwardBlock{
            tokens, d, 64, dy.data(), x.data(), w.data(), scale.data(), m, m + tokens * d};
    });
    check_row(2, 100, [&](float* m) {
        return AddPartials{{x.data(), 5 * 110}, 110, 7, View<float>{m, 100}};
    });
    check_row(100, 100, [&](float* m) {
        return AddColumn{{x.data(), 5 * 110}, 110, 7, View<float>{m, 100}};
    });
    Floats columns(100, 1.0f), chunks = columns;
    for (Index n = 0; n < 100; ++n)
        AddColumn{{x.data(), 5 * 110}, 110, 7, View<float>(columns)}(SerialTeam{}, n);
    for (Index n = 0; n < 2; ++n)
        AddPartials{{x.data(), 5 * 110}, 110, 7, View<float>(chunks)}(SerialTeam{}, n);
    CHECK(distance(columns, chunks) < 1e-6f);
    check_row(tokens / 2, tokens * d * 3, [&](float* m) {
        return SwigluRow{2 * d, m, m + tokens * d * 2};
    });
    check_row(tokens / 2, tokens * d * 3, [&](float* m) {
        return SwigluBackwardRow{d, m, m + tokens * d * 2};
    });
}

TEST_CASE("turned heads are the same for a block of threads", "[model][layer_rows]") {
    const Index tokens = 70, d = 6, heads = 5, stride = 7 * d;
    const Floats qkv = random_values(tokens * stride, 1), norms = random_values(2 * d, 2),
                 scale = random_values(tokens * heads, 4);
    Floats cosine = random_values(tokens * d / 2, 5), sine = random_values(tokens * d / 2, 6);
    std::vector<std::int32_t> positions;
    for (Index t = 0; t < tokens; ++t) positions.push_back(static_cast<std::int32_t>(t % 40));
    const RotatedHeads in{3,
                          heads,
                          d,
                          stride,
                          norms.data(),
                          norms.data() + d,
                          qkv.data(),
                          View<const std::int32_t>(positions),
                          {cosine.data(), sine.data(), d / 2}};
    check_row(tokens, tokens * heads * (d + 1), [&](float* m) {
        return RotateRow{{in, 1e-6f, m, m + tokens * heads * d}};
    });
    check_row(2, tokens * stride + 4 * d, [&](float* m) {
        return RotateBackwardBlock{{in, tokens, scale.data(), m}, m + tokens * stride};
    });
    check_row(tokens * heads, tokens * heads * (d + 1), [&](float* m) {
        return RotateHead{in, 1e-6f, m, m + tokens * heads * d};
    });
    check_row(2 * heads, tokens * stride + 2 * heads * d, [&](float* m) {
        return RotateBackwardHead{{in, tokens, scale.data(), m}, m + tokens * stride};
    });
}
