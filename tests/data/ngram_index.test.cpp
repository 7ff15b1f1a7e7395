// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/data/ngram_index.hpp>

#include <set>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using gppo::NgramHit;
using gppo::NgramIndex;
using gppo::NgramOptions;

namespace {

std::vector<NgramHit> find(const NgramIndex& index, std::string_view text) {
    gppo::Words words(index.options().words);
    std::vector<NgramHit> hits;
    index.find(words, text, hits);
    return hits;
}

/// `count` words of an alphabet of `letters`.
std::string random_text(const gppo::Philox& random, std::uint64_t stream, std::size_t count,
                        std::uint64_t letters) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += std::string(1, static_cast<char>('a' + random.below(letters, stream, i))) + " ";
    return text;
}

std::set<std::string> grams_of(const std::string& text, std::size_t n) {
    std::set<std::string> grams;
    const std::size_t size = text.size() / 2;  // letters with a space behind each
    for (std::size_t i = 0; i + n <= size; ++i) grams.insert(text.substr(2 * i, 2 * n - 1));
    return grams;
}

}  // namespace

TEST_CASE("a text is found by the first n words it shares, with benchmark and row",
          "[data][ngram_index]") {
    NgramIndex index(NgramOptions{.n = 3});
    index.add_benchmark("one");
    index.add(1, "a b c d");
    index.add(2, "b c d e");
    index.add_benchmark("two");
    index.add(7, "x, y? $z$ B C D");
    CHECK(find(index, "c d a b").empty());
    const auto hits = find(index, "Q x y z 0 b c. d");
    REQUIRE(hits.size() == 2);
    CHECK((hits[0].benchmark == 1 && hits[0].row == 7 && index.gram(hits[0].gram) == "x y z"));
    CHECK((hits[1].benchmark == 0 && hits[1].row == 1 && index.gram(hits[1].gram) == "b c d"));
    CHECK(index.rows(hits[1].gram) == 3);
    CHECK(index.grams() == 6);
}

TEST_CASE("texts shorter than n are found as a whole, but not in open-r1's mode",
          "[data][ngram_index]") {
    NgramIndex ours(NgramOptions{.n = 9}), open_r1(gppo::open_r1_ngrams);
    for (NgramIndex* index : {&ours, &open_r1}) {
        index->add_benchmark("short");
        index->add(1, "Compute 2 + 2.");
        index->add(2, "");
    }
    CHECK(find(ours, "compute 2+2").size() == 1);
    CHECK(find(ours, "compute 2+2 now").empty());
    CHECK(find(ours, "").empty());
    CHECK(find(open_r1, "Compute 2 + 2.").empty());
    CHECK_THROWS_WITH(NgramIndex(NgramOptions{.n = 0}), Contains("use n = 9"));
}

TEST_CASE("n-grams of many benchmark rows can be left aside", "[data][ngram_index]") {
    NgramIndex index(NgramOptions{.n = 2, .shared_rows = 3});
    index.add_benchmark("one");
    index.add(1, "find m p find m");
    index.add(2, "find m q");
    CHECK(find(index, "find m").size() == 1);
    index.add_benchmark("two");
    index.add(1, "find m r");
    CHECK(find(index, "find m").empty());
    CHECK(find(index, "m r").size() == 1);
}

TEST_CASE("random texts are found exactly when sets of n-grams meet", "[data][ngram_index]") {
    const std::uint64_t seed = 20'261'121;
    CAPTURE(seed);
    const gppo::Philox random{seed};
    std::size_t found = 0, checked = 0;
    for (std::uint64_t trial = 0; trial < 40; ++trial) {
        const std::size_t n = 1 + trial % 7;
        NgramIndex index(NgramOptions{.n = n, .short_texts = false});
        std::vector<std::set<std::string>> benchmarks;
        for (std::uint64_t b = 0; b < 3; ++b) {
            index.add_benchmark(std::to_string(b));
            benchmarks.emplace_back();
            for (gppo::Index row = 0; row < 20; ++row) {
                const std::string text =
                    random_text(random, (trial * 3 + b) * 100 + static_cast<std::uint64_t>(row),
                                random.below(30, trial, b * 100 + static_cast<std::uint64_t>(row)),
                                4 + trial % 3);
                index.add(row, text);
                benchmarks.back().merge(grams_of(text, n));
            }
        }
        for (std::uint64_t t = 0; t < 50; ++t, ++checked) {
            const std::string text =
                random_text(random, 1'000'000 + trial * 100 + t, t % 20, 4 + trial % 3);
            const auto grams = grams_of(text, n);
            std::set<std::size_t> expected, got;
            for (std::size_t b = 0; b < 3; ++b)
                for (const std::string& gram : grams)
                    if (benchmarks[b].contains(gram)) expected.insert(b);
            for (const NgramHit& hit : find(index, text)) {
                got.insert(hit.benchmark);
                CHECK(grams.contains(index.gram(hit.gram)));
            }
            CHECK(got == expected);
            found += !got.empty();
        }
    }
    CHECK((found > checked / 10 && found < checked * 9 / 10));  // both answers occur
}

TEST_CASE("the overlap is the largest part of a benchmark row, each n-gram counted once",
          "[data][ngram_index]") {
    NgramIndex index(NgramOptions{.n = 2});
    index.add_benchmark("one");
    index.add(1, "a b c d e");  // ab bc cd de
    index.add(2, "a b x a b");  // ab bx xa
    gppo::Words words(gppo::WordRule::letters);
    std::vector<NgramHit> hits;
    index.find(words, "a b a b a b c", hits);
    CHECK(index.overlap(words).row == 1);
    CHECK(index.overlap(words).share == 0.5);
    index.find(words, "a b x", hits);
    CHECK(index.overlap(words).row == 2);
    CHECK(index.overlap(words).share == Approx(2.0 / 3));
    index.find(words, "q r", hits);
    CHECK(index.overlap(words).share == 0);
}
