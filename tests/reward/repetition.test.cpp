// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/reward/repetition.hpp>

#include <cstdint>
#include <set>
#include <vector>

using namespace gppo;
using Tokens = std::vector<std::int32_t>;

namespace {

Ngrams count(const Tokens& tokens, Index n) {
    return count_ngrams(View<const std::int32_t>(tokens), n);
}
/// By the definition: every piece is copied and compared.
Ngrams count_slowly(const Tokens& tokens, Index n) {
    Ngrams counts;
    std::set<Tokens> seen;
    std::vector<bool> repeated(tokens.size());
    const auto size = static_cast<Index>(tokens.size());
    for (Index i = 0; n >= 1 && i + n <= size; ++i) {
        ++counts.total;
        if (!seen.insert(Tokens(tokens.begin() + i, tokens.begin() + i + n)).second)
            for (Index t = i; t < i + n; ++t) repeated[static_cast<std::size_t>(t)] = true;
    }
    counts.different = static_cast<Index>(seen.size());
    for (const bool r : repeated) counts.repeated += r;
    return counts;
}

}  // namespace

TEST_CASE("n-grams are counted as the definition counts them", "[reward][repetition]") {
    const Philox random{7};
    for (std::uint64_t run = 0; run < 300; ++run) {
        Tokens tokens(random.below(40, run, 0));
        const std::uint64_t words = 1 + random.below(4, run, 1);
        for (std::size_t i = 0; i < tokens.size(); ++i)
            tokens[i] = static_cast<std::int32_t>(random.below(words, run, 2 + i));
        for (const Index n : {0, 1, 2, 3, 5, 7, 8, 39, 40}) {
            const Ngrams fast = count(tokens, n), slow = count_slowly(tokens, n);
            INFO("seed 7, run " << run << ", n " << n);
            CHECK(fast.total == slow.total);
            CHECK(fast.different == slow.different);
            CHECK(fast.repeated == slow.repeated);
        }
    }
}

TEST_CASE("open-r1's penalty is the share of n-grams that are not new", "[reward][repetition]") {
    const Tokens fresh{1, 2, 3, 4, 5, 6}, same(12, 9), half{1, 2, 1, 2, 1};
    CHECK(Repetition{}({.tokens = fresh}) == 0.0f);
    CHECK(Repetition{}({.tokens = same}) == Approx(-0.9f));  // 1 of 10
    CHECK(Repetition{.n = 2}({.tokens = half}) == Approx(-0.5f));
    CHECK(Repetition{.n = 2, .penalty = -3.0f}({.tokens = half}) == Approx(-1.5f));
    CHECK(Repetition{.n = 13}({.tokens = same}) == 0.0f);
    CHECK(Repetition{}({}) == 0.0f);
}

TEST_CASE("Yeo's penalty counts the tokens of repeated n-grams once each", "[reward][repetition]") {
    const Tokens tokens{1, 2, 3, 1, 2, 3, 4, 1, 2, 3};
    CHECK(RepeatedTokens{.n = 3, .penalty = -0.5f}({.tokens = tokens}) == -3.0f);
    CHECK(RepeatedTokens{}({.tokens = tokens}) == 0.0f);
    CHECK(RepeatedTokens{.n = 1, .penalty = -1.0f}({.tokens = tokens}) == -6.0f);
}

TEST_CASE("a long completion of one token costs no more than any other", "[reward][repetition]") {
    const Tokens same(100'000, 5);
    CHECK(count(same, 40).different == 1);
    CHECK(count(same, 40).repeated == 99'999);
}
