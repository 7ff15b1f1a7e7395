// SPDX-License-Identifier: Apache-2.0
//
// Against what generation takes of a backend that counts.
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "tiny_qwen3.hpp"

#include <gppo/model/qwen3_decode_memory.hpp>
#include <gppo/rollout/generate.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("logits are made for a few rows at a time, eight at least",
          "[model][qwen3_decode_memory]") {
    CHECK(logits_at_once(151936, false) == 220);
    CHECK(logits_at_once(151936, true) == 27);
    CHECK(logits_at_once(Index{1} << 30, false) == 8);
}

TEST_CASE("generation takes of the backend's memory what is foreseen",
          "[model][qwen3_decode_memory]") {
    const FarMemory far(1);
    Qwen3Config shape = test::tiny_config(false);
    shape.max_position_embeddings = 4096;
    Qwen3<FarMemory> model(far, shape);
    model.initialize(3);
    Qwen3Decoder<FarMemory> decoder(model);
    const std::vector<std::int32_t> prompt(2500, 7);  // in two chunks
    const std::vector<Request> requests{{prompt, 0, 3}, {prompt, 1, 3}, {{1, 2, 3}, 2, 3}};
    const Index before = FarUse::now;
    FarUse::peak = before;
    generate(decoder, requests, 5, {}, 1, {.slots = 15, .prefill_tokens = 5000});
    const Index used = FarUse::peak - before - decoder.cache().bytes();
    const Index rows = filled_up(5000), rope = 4 * 2 * 2503 * shape.head_dim;
    const Index want =
        qwen3_decode_memory(shape, {.rows = 15, .longest = 2503, .prompts = 4998, .draws = 15});
    // Rows with their tokens and positions, pages, offsets, draws.
    const Index lists =
        rows * (4 + 4 + Index{sizeof(PagedRow)}) + 8 * 1024 + 8 * 3 + 8 * 7 + 28 * 15;
    CAPTURE(used, want, lists, rope);
    CHECK(used >= want);
    CHECK(used <= want + lists + rope);
    decoder.trim();
    CHECK(FarUse::now <= before + lists + rope);
}
