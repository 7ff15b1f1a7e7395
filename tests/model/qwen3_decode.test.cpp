// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "tiny_qwen3.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/qwen3_decode.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gppo;

TEST_CASE("stepping through a sequence gives the logits of the packed forward, however it is cut",
          "[model][qwen3_decode]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, test::tiny_config());
    model.initialize(4);
    const std::vector<std::int32_t> tokens{1, 5, 12, 0, 3, 3, 7, 9};
    const std::vector<Index> offsets{0, 8};
    std::vector<float> want(8 * 13), got(13), first;
    model.logits({tokens, offsets}, want);
    Qwen3Decoder<Cpu> decoder(model);
    for (const Index shared : {0, 3, 7}) {  // positions that go into another strip, all in one step
        const Index a = decoder.cache().acquire(8), b = decoder.cache().acquire(8);
        std::vector<DecodeRow> rows;
        for (Index p = 0; p < shared; ++p) rows.push_back({0, 0, a, p + 1});
        if (shared > 0) decoder.step(View<const std::int32_t>(tokens).slice(0, shared), rows);
        for (Index p = shared; p < 8; ++p) {
            const std::vector<DecodeRow> row{{a, shared, b, p - shared + 1}};
            decoder.step(View<const std::int32_t>(tokens).slice(p, 1), row);
            const std::vector<Index> wanted{0};
            decoder.logits(wanted, got);
            for (Index v = 0; v < 13; ++v)
                CHECK(got[static_cast<std::size_t>(v)] ==
                      Approx(want[static_cast<std::size_t>(p * 13 + v)]).margin(1e-5));
        }
        decoder.cache().release(a), decoder.cache().release(b);
    }
}

TEST_CASE("logits of decoding have the bits of the packed forward, over more than one span",
          "[model][qwen3_decode]") {
    constexpr Index length = 2 * attention_span + 30;
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, test::tiny_config());
    model.initialize(6);
    std::vector<std::int32_t> tokens;
    for (Index t = 0; t < length; ++t) tokens.push_back(static_cast<std::int32_t>(t * t % 13));
    const std::vector<Index> offsets{0, length};
    std::vector<float> want(length * 13), got(13);
    model.logits({tokens, offsets}, want);
    Qwen3Decoder<Cpu> decoder(model);
    for (const Index shared : {0, 37, 250, 256, 400}) {
        INFO("shared positions " << shared);
        const Index a = decoder.cache().acquire(length), b = decoder.cache().acquire(length);
        std::vector<DecodeRow> rows;
        for (Index p = 0; p < length; ++p)
            rows.push_back(p < shared ? DecodeRow{0, 0, a, p + 1}
                                      : DecodeRow{a, shared, b, p - shared + 1});
        for (Index first = 0; first < length; first += length / 2) {
            const Index count = length / 2;
            // own rows read the shared strip: it must be in the cache a step before
            const Index cut = shared > first && shared < first + count ? shared - first : 0;
            const View<const std::int32_t> ids = View<const std::int32_t>(tokens);
            const View<const DecodeRow> all = View<const DecodeRow>(rows);
            if (cut > 0) decoder.step(ids.slice(first, cut), all.slice(first, cut));
            decoder.step(ids.slice(first + cut, count - cut), all.slice(first + cut, count - cut));
            const std::vector<Index> last{count - cut - 1};
            decoder.logits(last, got);
            const auto from = want.begin() + (first + count - 1) * 13;
            CHECK(std::equal(from, from + 13, got.begin()));
        }
        decoder.cache().release(a), decoder.cache().release(b);
    }
}

TEST_CASE("prompts that go in whole leave the cache that their tokens leave in steps, to the bit",
          "[model][qwen3_decode]") {
    const Cpu cpu(2);
    Qwen3Config shape = test::tiny_config();
    shape.max_position_embeddings = 4096;
    Qwen3<Cpu> model(cpu, shape);
    model.initialize(6);
    std::vector<std::int32_t> tokens;
    const std::vector<Index> offsets{0, 6, 6 + decode_rows_at_once + 40};  // in two chunks
    for (Index t = 0; t < offsets[2]; ++t) tokens.push_back(static_cast<std::int32_t>(t * t % 13));
    const View<const std::int32_t> all(tokens);
    std::vector<float> got(13), want(static_cast<std::size_t>(offsets[2] * 13));
    model.logits({tokens, offsets}, want);
    Qwen3Decoder<Cpu> decoder(model);
    const std::vector<Index> strips{decoder.cache().acquire(10), decoder.cache().acquire(3000)};
    // All but the last two of each, and then these two.
    std::vector<std::int32_t> most;
    for (std::size_t b = 0; b < 2; ++b)
        for (Index t = offsets[b]; t < offsets[b + 1] - 2; ++t) most.push_back(all[t]);
    const std::vector<Index> packed{0, 4, offsets[2] - 4}, last{1}, short_of{0, 4};
    decoder.prefill(most, packed, strips);
    for (std::size_t b = 0; b < 2; ++b) {
        const Index end = offsets[b + 1], length = end - offsets[b];
        const std::vector<DecodeRow> rows{{0, 0, strips[b], length - 1}, {0, 0, strips[b], length}};
        decoder.step(all.slice(end - 2, 2), rows);
        decoder.logits(last, got);
        CHECK(std::equal(got.begin(), got.end(), want.begin() + (end - 1) * 13));
    }
    CHECK_THROWS_WITH(decoder.prefill(all, short_of, strips), Catch::Contains("offsets"));
}

TEST_CASE("a step refuses tokens outside the vocabulary and positions beyond the context",
          "[model][qwen3_decode]") {
    const Cpu cpu(1);
    Qwen3Config config = test::tiny_config();
    config.max_position_embeddings = 16;
    Qwen3<Cpu> model(cpu, config);
    Qwen3Decoder<Cpu> decoder(model);
    const Index strip = decoder.cache().acquire(32);
    const std::vector<std::int32_t> outside{13}, inside{3};
    const std::vector<DecodeRow> start{{0, 0, strip, 1}}, beyond{{0, 0, strip, 17}};
    CHECK_THROWS_WITH(decoder.step(outside, start), Catch::Contains("token 13"));
    CHECK_THROWS_WITH(decoder.step(inside, beyond), Catch::Contains("position 16"));
}
