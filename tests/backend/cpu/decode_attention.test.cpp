// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gppo;

namespace {

std::vector<float> random(Index count, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = 4.0f * Philox{31}.uniform(stream, i) - 2.0f;
    return values;
}

/// The definition, in double, of one query head over `length` positions (position, kv_heads, d).
std::vector<double> naive(const AttentionShape& s, Index h, Index length, const float* query,
                          const std::vector<float>& keys, const std::vector<float>& values) {
    const Index d = s.head_dim, stride = s.kv_heads * d, column = h / s.group() * d;
    std::vector<double> weight, out(static_cast<std::size_t>(d), 0.0);
    double sum = 0.0;
    for (Index p = 0; p < length; ++p) {
        double score = 0.0;
        for (Index i = 0; i < d; ++i)
            score += static_cast<double>(query[h * d + i]) *
                     static_cast<double>(keys[static_cast<std::size_t>(p * stride + column + i)]);
        weight.push_back(std::exp(score * static_cast<double>(s.scale)));
        sum += weight.back();
    }
    for (Index p = 0; p < length; ++p)
        for (Index i = 0; i < d; ++i)
            out[static_cast<std::size_t>(i)] +=
                weight[static_cast<std::size_t>(p)] / sum *
                static_cast<double>(values[static_cast<std::size_t>(p * stride + column + i)]);
    return out;
}

/// Stores positions one by one: the first `shared` in one strip, the rest in another.
DecodeRow fill(const Cpu& cpu, KeyValueCache& cache, Index layer, Index shared, Index length,
               const std::vector<float>& keys, const std::vector<float>& values) {
    const Index stride = cache.shape().kv_heads * cache.shape().head_dim;
    DecodeRow row{cache.acquire(std::max<Index>(shared, 1)), shared, cache.acquire(length - shared),
                  length - shared};
    for (Index p = 0; p < length; ++p) {
        const bool own = p >= shared;
        const std::vector<DecodeRow> at{
            {0, 0, own ? row.own : row.shared, own ? p - shared + 1 : p + 1}};
        cache.begin(at);
        cpu.cache_store(cache, layer, {keys.data() + p * stride, stride},
                        {values.data() + p * stride, stride});
    }
    return row;
}

}  // namespace

TEST_CASE("decode attention equals the definition, for shared and own positions of any number",
          "[backend][decode_attention]") {
    const Cpu cpu(2);
    for (const AttentionShape s :
         {AttentionShape{8, 2, 32, 0.2f}, AttentionShape{3, 3, 10, 0.3f},
          AttentionShape{18, 2, 6, 0.4f}, AttentionShape{4, 1, 128, 0.05f}})
        for (const Index shared : {0, 1, 33, 300})
            for (const Index own : {1, 32, 270}) {
                KeyValueCache cache(s, 2);
                const Index length = shared + own, width = s.kv_heads * s.head_dim;
                const auto keys = random(length * width, 1), values = random(length * width, 2);
                const auto query = random(s.heads * s.head_dim, 3);
                const std::vector<DecodeRow> rows{
                    fill(cpu, cache, 1, shared, length, keys, values)};
                std::vector<float> out(query.size());
                cache.begin(rows);
                cpu.attention_decode(cache, 1, {query.data(), s.heads * s.head_dim}, out.data());
                double worst = 0.0;
                for (Index h = 0; h < s.heads; ++h) {
                    const auto want = naive(s, h, length, query.data(), keys, values);
                    for (std::size_t i = 0; i < want.size(); ++i)
                        worst = std::max(
                            worst,
                            std::abs(want[i] -
                                     static_cast<double>(
                                         out[static_cast<std::size_t>(h * s.head_dim) + i])));
                }
                INFO("heads " << s.heads << " head_dim " << s.head_dim << " shared " << shared
                              << " own " << own << " worst " << worst);
                CHECK(worst < 5e-6);
            }
}

TEST_CASE("scores far apart neither overflow nor lose the largest", "[backend][decode_attention]") {
    const Cpu cpu(1);
    const AttentionShape s{1, 1, 2, 1.0f};
    KeyValueCache cache(s, 1);
    std::vector<float> keys(600, 0.0f), values(600, 1.0f);
    keys[2 * 290] = 200.0f, values[2 * 290] = 7.0f;  // in the second span: everything before fades
    const std::vector<DecodeRow> rows{fill(cpu, cache, 0, 5, 300, keys, values)};
    const std::vector<float> query{1.0f, 0.0f};
    std::vector<float> out(2);
    cache.begin(rows);
    cpu.attention_decode(cache, 0, {query.data(), 2}, out.data());
    CHECK(out[0] == 7.0f);
    CHECK(out[1] == 1.0f);
}
