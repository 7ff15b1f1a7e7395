// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/data/minhash.hpp>

#include <cmath>
#include <vector>

using Catch::Matchers::Contains;
using gppo::MinHash;

namespace {

/// Signatures of two sets of random shingles: `common` in both, `rest` more in each.
double estimate(const MinHash& minhash, std::uint64_t seed, std::uint64_t trial, std::size_t common,
                std::size_t rest) {
    const gppo::Philox random{seed};
    std::vector<std::uint64_t> a, b, sa(minhash.size()), sb(minhash.size());
    const auto shingle = [&](std::uint64_t stream, std::size_t i) {
        return (random.below(1ull << 32, trial * 4 + stream, i) << 32) |
               random.below(1ull << 32, trial * 4 + stream + 2'000'000, i);
    };
    for (std::size_t i = 0; i < common; ++i) a.push_back(shingle(0, i)), b.push_back(a.back());
    for (std::size_t i = 0; i < rest; ++i) a.push_back(shingle(1, i)), b.push_back(shingle(2, i));
    minhash.signature(a, sa);
    minhash.signature(b, sb);
    return MinHash::similarity(sa, sb);
}

}  // namespace

TEST_CASE("a signature is the number that datatrove and numpy give", "[data][minhash]") {
    // numpy: ((x * a + b) % (2**61 - 1)).min(0), a and b of RandomState(1).randint
    const MinHash minhash;
    gppo::Words words(gppo::WordRule::letters);
    words.read("Find the sum of all primes.");
    std::vector<std::uint64_t> shingles, signature(minhash.size());
    minhash.shingles(words, shingles);
    REQUIRE(shingles.size() == 2);
    CHECK(shingles[0] == gppo::xxhash64("find the sum of all"));
    minhash.signature(shingles, signature);
    REQUIRE(signature.size() == 112);
    CHECK(signature[0] == 741234695171249827u);
    CHECK(signature[1] == 345985809868161802u);
    CHECK(signature[2] == 1446824127949481801u);
    CHECK(signature[111] == 498842048986226450u);
}

TEST_CASE("the estimate of the similarity has no bias and a binomial's spread", "[data][minhash]") {
    const std::uint64_t seed = 20'261'121;
    CAPTURE(seed);
    const MinHash minhash;
    constexpr int trials = 1000;
    for (const auto& [common, rest] :
         {std::pair<std::size_t, std::size_t>{9, 1}, {5, 5}, {20, 5}, {3, 30}}) {
        const double j = static_cast<double>(common) / static_cast<double>(common + 2 * rest);
        double sum = 0, squares = 0;
        for (int t = 0; t < trials; ++t) {
            const double e = estimate(minhash, seed, static_cast<std::uint64_t>(t), common, rest);
            sum += e;
            squares += (e - j) * (e - j);
        }
        const double variance = j * (1 - j) / static_cast<double>(minhash.size());
        CAPTURE(j, sum / trials, squares / trials, variance);
        CHECK(std::abs(sum / trials - j) < 4 * std::sqrt(variance / trials));
        CHECK(squares / trials == Approx(variance).epsilon(4 * std::sqrt(2.0 / trials) + 0.1));
    }
}

TEST_CASE("order and repetition of shingles do not matter", "[data][minhash]") {
    const MinHash minhash(gppo::MinHashOptions{.buckets = 2, .hashes = 3, .seed = 7});
    std::vector<std::uint64_t> a(6), b(6);
    minhash.signature(std::vector<std::uint64_t>{5, 900, 77}, a);
    minhash.signature(std::vector<std::uint64_t>{77, 5, 900, 5, 77}, b);
    CHECK(a == b);
    minhash.signature(std::vector<std::uint64_t>{77, 5, 901}, b);
    CHECK(a != b);
}

TEST_CASE("the probability of a common bucket is datatrove's", "[data][minhash]") {
    CHECK(gppo::bucket_probability(0.8, {}) == Approx(0.924).margin(5e-4));
    CHECK(gppo::bucket_probability(1, {}) == 1);
    CHECK(gppo::bucket_probability(0, {}) == 0);
    CHECK_THROWS_WITH(MinHash(gppo::MinHashOptions{.buckets = 0}), Contains("use 5, 14 and 8"));
}
