// SPDX-License-Identifier: Apache-2.0
//
// The key/value cache of a backend with memory of its own, beside the CPU's.
#include "backend/decode_steps.hpp"
#include "backend/far_memory.hpp"
#include "catch.hpp"

#include <gppo/backend/paged_cache.hpp>

#include <vector>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("attention over pages in far memory is the CPU's over strips", "[backend][paged_cache]") {
    for (const AttentionShape s : {AttentionShape{10, 2, 10, 0.3f}, AttentionShape{4, 4, 32, 0.2f}})
        for (const Index length : {1, 32, 50, 290}) {
            CAPTURE(s.heads, length);
            CHECK(distance(few_steps(FarMemory(2), s, length), few_steps(Cpu(2), s, length)) <
                  2e-6f);
        }
}

TEST_CASE("in bf16 it is the CPU's over queries, keys and values that were rounded",
          "[backend][paged_cache]") {
    const FarMemory far(2, Precision::bf16);
    for (const AttentionShape s : {AttentionShape{10, 2, 10, 0.3f}, AttentionShape{4, 4, 32, 0.2f}})
        for (const Index length : {1, 50, 290}) {
            CAPTURE(s.heads, length);
            const Floats got = few_steps(far, s, length);
            CHECK(distance(got, few_steps(Cpu(2), s, length, true)) < 2e-6f);
            CHECK(distance(got, few_steps(Cpu(2), s, length)) > 1e-4f);
        }
}

TEST_CASE("a row over pages does not depend on its neighbours, bit for bit",
          "[backend][paged_cache]") {
    const FarMemory far(2);
    const AttentionShape shape{4, 2, 8, 0.5f};
    const auto last_row = [&](bool crowded) {
        Sequences<FarMemory> all(far, shape);
        const Index own = all.cache.acquire(40), other = all.cache.acquire(2000);
        if (crowded) all.step(prompt_rows(other, 1500));  // of more parts
        std::vector<DecodeRow> rows = prompt_rows(own, 40);
        if (crowded) rows.insert(rows.begin(), {0, 0, other, 1501});
        const Floats out = all.step(rows);
        return Floats(out.end() - 32, out.end());
    };
    CHECK(last_row(false) == last_row(true));
}

TEST_CASE("pages are taken as positions are reached, and go round", "[backend][paged_cache]") {
    const Precision precision = GENERATE(Precision::fp32, Precision::bf16);
    const FarMemory far(1, precision);
    Sequences<FarMemory> all(far, {2, 1, 4, 1.0f});
    const Index each = precision == Precision::bf16 ? 2 : 4;
    const Index page = 2 * 2 * page_positions * 4 * each;  // bytes
    const auto fill = [&](Index length) {
        const Index strip = all.cache.acquire(1 << 30);
        all.step(prompt_rows(strip, length));
        return strip;
    };
    CHECK(all.cache.bytes() == 0);
    const Index first = fill(33), second = fill(62 * page_positions);
    CHECK(all.cache.bytes() == 64 * page);
    all.cache.release(second);
    const Index third = fill(60 * page_positions);
    CHECK(third == second);
    CHECK(all.cache.bytes() == 64 * page);
    const Index fourth = fill(3 * page_positions);
    CHECK(all.cache.bytes() == 128 * page);
    CHECK_THROWS_WITH(all.cache.trim(), Catch::Contains("in use"));
    for (const Index strip : {first, third, fourth}) all.cache.release(strip);
    all.cache.trim();
    CHECK(all.cache.bytes() == 0);
    fill(5);
    CHECK(all.cache.bytes() == 64 * page);
}

TEST_CASE("rows that see nothing store nothing and attend to nothing", "[backend][paged_cache]") {
    const FarMemory far(1);
    Sequences<FarMemory> all(far, {2, 1, 4, 1.0f});
    const Index strip = all.cache.acquire(page_positions);  // a page, full
    all.step(prompt_rows(strip, page_positions));
    const Floats alone = all.step({{0, 0, strip, page_positions}});
    const Floats filled = all.step({{0, 0, strip, page_positions}, {}, {}});
    CHECK(Floats(filled.begin(), filled.begin() + 8) == alone);
    CHECK(Floats(filled.begin() + 8, filled.end()) == Floats(16, 0.0f));
}
