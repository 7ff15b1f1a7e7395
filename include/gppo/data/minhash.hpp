// SPDX-License-Identifier: Apache-2.0
//
// MinHash (Broder, 1997): for each of k random orders of all shingles, the smallest one of a text.
// Two texts agree in one of them with the probability of their Jaccard similarity J, so the share
// of equal entries estimates J without bias, with variance J(1 - J) / k.
//
// Parameters and arithmetic are those of datatrove: shingles of 5 words, 14 buckets of 8 hashes,
// h(x) = (a x + b mod 2^64) mod 2^61 - 1, a and b as numpy's RandomState(seed) draws them, so that
// the same words give the same signature. What the words are is left to the caller: datatrove also
// writes every number as 0, which would make one problem of all that differ in their numbers.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/words.hpp>
#include <gppo/data/xxhash64.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace gppo {

struct MinHashOptions {
    std::size_t words = 5;  ///< in a shingle
    std::size_t buckets = 14;
    std::size_t hashes = 8;  ///< in a bucket
    std::uint32_t seed = 1;
};

/// Probability that texts of similarity j share a bucket: 1 - (1 - j^hashes)^buckets.
inline double bucket_probability(double j, const MinHashOptions& options) noexcept {
    double bucket = 1, none = 1;
    for (std::size_t i = 0; i < options.hashes; ++i) bucket *= j;
    for (std::size_t i = 0; i < options.buckets; ++i) none *= 1 - bucket;
    return 1 - none;
}

class MinHash {
  public:
    /// Throws Error for a size of 0.
    explicit MinHash(MinHashOptions options = {}) : options_(options) {
        expects(options.words > 0 && options.buckets > 0 && options.hashes > 0,
                "MinHash needs at least one word, bucket and hash: use 5, 14 and 8");
        std::mt19937 random(options.seed);
        for (auto* factors : {&a_, &b_})
            for (std::size_t i = 0; i < size(); ++i)
                factors->push_back(draw(random, factors == &a_ ? 1 : 0));
    }

    const MinHashOptions& options() const noexcept { return options_; }
    /// Entries of a signature.
    std::size_t size() const noexcept { return options_.buckets * options_.hashes; }

    /// Replaces `shingles` by the hashes of all runs of options().words words.
    void shingles(const Words& text, std::vector<std::uint64_t>& shingles) const {
        shingles.clear();
        for (std::size_t i = 0; i + options_.words <= text.size(); ++i)
            shingles.push_back(xxhash64(text.run(i, options_.words)));
    }

    /// The smallest hash of the shingles in each order. Requires at least one shingle.
    void signature(std::span<const std::uint64_t> shingles,  // (S)
                   std::span<std::uint64_t> smallest         // (size())
    ) const noexcept {
        std::fill(smallest.begin(), smallest.end(), ~std::uint64_t{0});
        const std::uint64_t *a = a_.data(), *b = b_.data();
        std::uint64_t* out = smallest.data();
        const std::size_t n = size();
        for (const std::uint64_t x : shingles) {
#pragma omp simd
            for (std::size_t i = 0; i < n; ++i) {
                const std::uint64_t v = x * a[i] + b[i];
                const std::uint64_t folded = (v & prime) + (v >> 61);  // at most prime + 7
                const std::uint64_t h = folded >= prime ? folded - prime : folded;
                out[i] = h < out[i] ? h : out[i];
            }
        }
    }

    /// The estimate of the Jaccard similarity of two texts.
    static double similarity(std::span<const std::uint64_t> a,  // (size())
                             std::span<const std::uint64_t> b   // (size())
                             ) noexcept {
        std::size_t equal = 0;
        for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
        return static_cast<double>(equal) / static_cast<double>(a.size());
    }

  private:
    static constexpr std::uint64_t prime = (std::uint64_t{1} << 61) - 1;

    /// numpy's randint(low, 2^61 - 1): 61 of 64 bits, drawn again while they are too large.
    static std::uint64_t draw(std::mt19937& random, std::uint64_t low) {
        for (;;) {
            const std::uint64_t upper = random();
            const std::uint64_t value = ((upper << 32) | random()) & prime;
            if (value <= prime - 1 - low) return value + low;
        }
    }

    MinHashOptions options_;
    std::vector<std::uint64_t> a_{}, b_{};
};

}  // namespace gppo
