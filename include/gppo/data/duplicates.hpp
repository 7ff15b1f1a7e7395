// SPDX-License-Identifier: Apache-2.0
//
// Which texts are copies of an earlier one. Exact: the same words between spaces, so case and line
// breaks do not matter, but every sign of a formula does. Near: a bucket of the MinHash signature
// in common, directly or through others (clusters, as datatrove builds them); the first text of a
// cluster stays.
//   similarity to another text      1     0.9    0.8    0.72   0.6    0.5    0.3
//   shares a bucket (5; 14 × 8)     1     0.9996 0.924  0.65   0.21   0.053  0.0009
#pragma once

#include <gppo/data/minhash.hpp>
#include <gppo/data/words.hpp>
#include <gppo/data/xxhash64.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gppo {

/// Knows the texts seen so far by 128 bits of each.
class ExactDuplicates {
  public:
    /// The number of the first text with the same words, or `number`, which then is that of a new
    /// one.
    std::size_t first(std::string_view text, std::size_t number) {
        words_.read(text);
        const Key key{xxhash64(words_.text(), 0), xxhash64(words_.text(), 1)};
        return first_.try_emplace(key, number).first->second;
    }

  private:
    using Key = std::pair<std::uint64_t, std::uint64_t>;
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            return static_cast<std::size_t>(key.first);
        }
    };
    Words words_{WordRule::spaces};
    std::unordered_map<Key, std::size_t, Hash> first_;
};

/// Sets that grow together; the smallest number of a set names it.
class DisjointSets {
  public:
    explicit DisjointSets(std::size_t size) : parent_(size) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t find(std::size_t i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }
    void unite(std::size_t i, std::size_t j) {
        i = find(i), j = find(j);
        parent_[std::max(i, j)] = std::min(i, j);
    }

  private:
    std::vector<std::size_t> parent_;
};

/// Collects signatures, 896 bytes a text with datatrove's parameters.
class NearDuplicates {
  public:
    explicit NearDuplicates(MinHashOptions options = {}, WordRule rule = WordRule::letters)
        : minhash_(options), words_(rule) {}

    /// Texts of fewer words than a shingle are like no other.
    void add(std::string_view text) {
        words_.read(text);
        minhash_.shingles(words_, shingles_);
        known_.push_back(!shingles_.empty());
        signatures_.resize(signatures_.size() + minhash_.size());
        if (!shingles_.empty())
            minhash_.signature(shingles_, std::span(signatures_).last(minhash_.size()));
    }

    std::size_t size() const noexcept { return known_.size(); }
    std::span<const std::uint64_t> signature(std::size_t i) const noexcept {
        return std::span(signatures_).subspan(i * minhash_.size(), minhash_.size());
    }

    /// For each text the first of its cluster, itself if it has none.
    std::vector<std::size_t> clusters() const {
        DisjointSets sets(size());
        const std::size_t hashes = minhash_.options().hashes;
        std::vector<std::size_t> order;
        for (std::size_t bucket = 0; bucket < minhash_.options().buckets; ++bucket) {
            const auto values = [&](std::size_t i) {
                return signature(i).subspan(bucket * hashes, hashes);
            };
            const auto compare = [&](std::size_t i, std::size_t j) {
                const auto a = values(i), b = values(j);
                return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(),
                                                              b.end());
            };
            order.clear();
            for (std::size_t i = 0; i < size(); ++i)
                if (known_[i]) order.push_back(i);
            std::sort(order.begin(), order.end(),
                      [&](std::size_t i, std::size_t j) { return compare(i, j) < 0; });
            for (std::size_t i = 1; i < order.size(); ++i)
                if (compare(order[i - 1], order[i]) == 0) sets.unite(order[i - 1], order[i]);
        }
        std::vector<std::size_t> first(size());
        for (std::size_t i = 0; i < size(); ++i) first[i] = sets.find(i);
        return first;
    }

  private:
    MinHash minhash_;
    Words words_;
    std::vector<std::uint64_t> shingles_, signatures_;
    std::vector<bool> known_;
};

}  // namespace gppo
