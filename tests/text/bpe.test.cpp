// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/bpe.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

namespace {

using Ids = std::vector<std::int32_t>;

gppo::Bpe make(const std::vector<gppo::BpeMerge>& merges) {
    std::array<std::int32_t, 256> bytes;
    bytes.fill(-1);
    for (int c = 'a'; c <= 'z'; ++c) bytes[static_cast<std::size_t>(c)] = c - 'a';
    return {bytes, merges};
}

Ids encode(const gppo::Bpe& bpe, std::string_view word) {
    Ids ids;
    bpe.encode(word, ids);
    return ids;
}

/// The definition: join the leftmost pair of smallest rank until there is none.
Ids by_definition(const std::vector<gppo::BpeMerge>& merges, std::string_view word) {
    Ids ids;
    for (const char c : word) ids.push_back(c - 'a');
    for (;;) {
        std::size_t best = merges.size(), at = 0;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i)
            for (std::size_t rank = 0; rank < best; ++rank)
                if (merges[rank].left == ids[i] && merges[rank].right == ids[i + 1])
                    best = rank, at = i;
        if (best == merges.size()) return ids;
        ids[at] = merges[best].result;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

}  // namespace

TEST_CASE("merges apply by rank, not from left to right", "[text][bpe]") {
    const gppo::Bpe bpe = make({{1, 2, 26}, {0, 1, 27}});  // bc before ab
    CHECK(encode(bpe, "abc") == Ids{0, 26});
    CHECK(encode(bpe, "ab") == Ids{27});
    CHECK(encode(bpe, "") == Ids{});
}

TEST_CASE("short and long words agree with the definition", "[text][bpe]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        std::vector<gppo::BpeMerge> merges;
        for (int i = 0; i < 12; ++i) {
            const auto part = [&] {
                return static_cast<std::int32_t>(random() % 100 < 60 ? random() % 3
                                                                     : 26 + random() % 12);
            };
            const gppo::BpeMerge merge{part(), part(), 26 + i};
            const auto same = [&](const auto& m) {
                return m.left == merge.left && m.right == merge.right;
            };
            if (std::none_of(merges.begin(), merges.end(), same)) merges.push_back(merge);
        }
        const gppo::Bpe bpe = make(merges);
        std::string word;
        for (std::size_t n = random() % 140; n > 0; --n)
            word += static_cast<char>('a' + random() % 3);
        INFO("word " << word);
        CHECK(encode(bpe, word) == by_definition(merges, word));
    }
}

TEST_CASE("a long run of one letter takes n log n time", "[text][bpe]") {
    const gppo::Bpe bpe = make({{0, 0, 26}, {26, 26, 27}, {27, 27, 28}});
    CHECK(encode(bpe, std::string(1 << 20, 'a')) == Ids(1 << 17, 28));
}

TEST_CASE("a byte without a token is an error that names it", "[text][bpe]") {
    CHECK_THROWS_WITH(encode(make({}), "aXb"), Catch::Contains("0x58 'X'"));
    CHECK_THROWS_WITH(encode(make({{0, 0, 26}}), "a\n"), Catch::Contains("0x0a,"));
    CHECK_THROWS_AS(encode(make({{0, 0, 26}}), std::string(100, 'A')), gppo::Error);
}
