// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "tiny_qwen3.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/qwen3_decode.hpp>

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
