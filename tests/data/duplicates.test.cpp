// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/data/duplicates.hpp>

#include <cmath>
#include <set>
#include <string>
#include <vector>

TEST_CASE("exact copies differ in case and white space at most", "[data][duplicates]") {
    gppo::ExactDuplicates seen;
    CHECK(seen.first("Compute 3 + 4.", 0) == 0);
    CHECK(seen.first("Compute 3 * 4.", 1) == 1);
    CHECK(seen.first(" compute\n3  + 4. ", 2) == 0);
    CHECK(seen.first("Compute 3*4.", 3) == 3);
    CHECK(seen.first("COMPUTE 3 * 4.", 4) == 1);
    CHECK(seen.first("", 5) == 5);
    CHECK(seen.first(" ", 6) == 5);
}

TEST_CASE("sets are named by their smallest number", "[data][duplicates]") {
    gppo::DisjointSets sets(6);
    sets.unite(5, 4);
    sets.unite(1, 2);
    sets.unite(4, 2);
    CHECK(sets.find(5) == 1);
    CHECK(sets.find(4) == 1);
    CHECK(sets.find(3) == 3);
    CHECK(sets.find(0) == 0);
}

TEST_CASE("near copies are found and the first of them stays", "[data][duplicates]") {
    gppo::NearDuplicates near;
    const std::string text =
        "a particular band has less than one hundred members and the director arranges them in a "
        "rectangular formation and finds that he has two members left over so he arranges again";
    near.add("short text");
    near.add(text);
    near.add("an entirely different problem about the sum of the digits of all positive integers");
    near.add("A " + text.substr(2) + ", again!");
    near.add("short text");
    CHECK(near.clusters() == std::vector<std::size_t>{0, 1, 2, 1, 4});
    CHECK(gppo::MinHash::similarity(near.signature(1), near.signature(3)) > 0.9);
    CHECK(gppo::NearDuplicates().clusters().empty());
}

TEST_CASE("pairs share a bucket as often as their exact similarity says", "[data][duplicates]") {
    // Brute force: the Jaccard similarity of each pair's sets of shingles, then the S curve.
    const std::uint64_t seed = 20'261'121;
    CAPTURE(seed);
    const gppo::Philox random{seed};
    const gppo::MinHashOptions options{.words = 2, .buckets = 4, .hashes = 3};
    double expected = 0, variance = 0, found = 0;
    for (std::uint64_t trial = 0; trial < 1500; ++trial) {
        std::vector<std::string> texts(2);
        for (std::uint64_t i = 0; i < 24; ++i) {
            const auto word = std::to_string(trial * 1000 + i);
            const bool changed = random.below(100, trial, i) < 5 + trial % 40;
            texts[0] += word + " ";
            texts[1] += (changed ? word + "x" : word) + " ";
        }
        std::set<std::string> shingles[2], all;
        for (int t = 0; t < 2; ++t) {
            gppo::Words words;
            words.read(texts[static_cast<std::size_t>(t)]);
            for (std::size_t i = 0; i + 2 <= words.size(); ++i)
                shingles[t].insert(std::string(words.run(i, 2)));
            all.insert(shingles[t].begin(), shingles[t].end());
        }
        const double j = static_cast<double>(shingles[0].size() + shingles[1].size() - all.size()) /
                         static_cast<double>(all.size());
        const double p = gppo::bucket_probability(j, options);
        gppo::NearDuplicates near(options);
        for (const std::string& text : texts) near.add(text);
        expected += p;
        variance += p * (1 - p);
        found += near.clusters()[1] == 0;
    }
    CAPTURE(expected, found, variance);
    CHECK((expected > 300 && expected < 1200));
    CHECK(std::abs(found - expected) < 4 * std::sqrt(variance));
}
