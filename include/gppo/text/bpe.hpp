// SPDX-License-Identifier: Apache-2.0
//
// Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): of all neighbouring pairs the one
// whose merge was learnt first is joined, the leftmost of equals, until no pair has a merge. O(n
// log n) in the length of the word.
#pragma once

#include <gppo/core/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// left and right, side by side, become result. The position in the list of merges is the rank.
struct BpeMerge {
    std::int32_t left, right, result;
};

/// Splits words (byte strings) into token ids.
class Bpe {
  public:
    Bpe() { bytes_.fill(-1); }

    /// bytes: the id of each byte, -1 where the vocabulary has none. Of equal pairs the later wins.
    Bpe(const std::array<std::int32_t, 256>& bytes, std::span<const BpeMerge> merges)
        : bytes_(bytes) {
        slots_.resize(std::bit_ceil(2 * merges.size() + 1));
        for (std::size_t rank = 0; rank < merges.size(); ++rank) {
            Slot& slot = slots_[find(key(merges[rank].left, merges[rank].right))];
            slot = {key(merges[rank].left, merges[rank].right), static_cast<std::int32_t>(rank),
                    merges[rank].result};
        }
        empty_ = merges.empty();
    }

    bool has_merges() const noexcept { return !empty_; }

    /// Whether every byte of the word has an id.
    bool covers(std::string_view word) const noexcept {
        return std::all_of(word.begin(), word.end(),
                           [&](char b) { return bytes_[static_cast<unsigned char>(b)] >= 0; });
    }

    /// Appends the ids of `word`. A byte without an id is an Error that names it.
    void encode(std::string_view word, std::vector<std::int32_t>& ids) const {
        if (empty_) {
            for (const char b : word) ids.push_back(byte_id(b));
        } else if (word.size() <= short_word) {
            encode_short(word, ids);
        } else {
            encode_long(word, ids);
        }
    }

  private:
    static constexpr std::size_t short_word = 48;
    static constexpr std::int32_t none = -1;
    static constexpr std::uint64_t vacant = ~std::uint64_t{0};

    struct Slot {
        std::uint64_t pair = vacant;
        std::int32_t rank = none, result = none;
    };

    static std::uint64_t key(std::int32_t left, std::int32_t right) noexcept {
        return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    }

    /// The slot that holds the pair, or the vacant one where it belongs.
    std::size_t find(std::uint64_t pair) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = static_cast<std::size_t>((pair * 0x9E3779B97F4A7C15u) >> 20) & mask;
        while (slots_[at].pair != pair && slots_[at].pair != vacant) at = (at + 1) & mask;
        return at;
    }

    const Slot& lookup(std::int32_t left, std::int32_t right) const noexcept {
        return slots_[find(key(left, right))];
    }

    std::int32_t byte_id(char b) const {
        const auto byte = static_cast<unsigned char>(b);
        const std::int32_t id = bytes_[byte];
        if (id < 0) {
            static constexpr char digits[] = "0123456789abcdef";
            throw Error(
                std::string("the text has the byte 0x") + digits[byte >> 4] + digits[byte & 15] +
                (byte > 0x20 && byte < 0x7F ? std::string(" '") + b + "'" : std::string()) +
                ", which this tokenizer's vocabulary lacks; choose a tokenizer with all bytes");
        }
        return id;
    }

    /// Ranks of all pairs are kept in an array; the smallest is found by looking at all of them,
    /// which beats a queue for words of the usual length.
    void encode_short(std::string_view word, std::vector<std::int32_t>& ids) const {
        std::array<std::int32_t, short_word> id;
        std::array<std::uint32_t, short_word> rank;  // of the pair (i, i + 1); none is the largest
        std::size_t n = word.size();
        const auto rank_at = [&](std::size_t i) {
            return static_cast<std::uint32_t>(i + 1 < n ? lookup(id[i], id[i + 1]).rank : none);
        };
        for (std::size_t i = 0; i < n; ++i) id[i] = byte_id(word[i]);
        for (std::size_t i = 0; i < n; ++i) rank[i] = rank_at(i);
        for (;;) {
            const std::size_t at = static_cast<std::size_t>(
                std::min_element(rank.begin(), rank.begin() + n) - rank.begin());
            if (n == 0 || rank[at] == static_cast<std::uint32_t>(none)) break;
            id[at] = lookup(id[at], id[at + 1]).result;
            std::copy(id.begin() + at + 2, id.begin() + n, id.begin() + at + 1);
            std::copy(rank.begin() + at + 2, rank.begin() + n, rank.begin() + at + 1);
            --n;
            rank[at] = rank_at(at);
            if (at > 0) rank[at - 1] = rank_at(at - 1);
        }
        ids.insert(ids.end(), id.begin(), id.begin() + n);
    }

    struct Part {
        std::int32_t id, previous, next;  // neighbours' positions; -1 at the ends
    };
    struct Candidate {
        std::int32_t rank, at, left, right;
        bool operator>(const Candidate& other) const noexcept {
            return rank != other.rank ? rank > other.rank : at > other.at;
        }
    };

    /// A linked list and a queue of candidate merges; candidates whose parts have changed are
    /// skipped.
    void encode_long(std::string_view word, std::vector<std::int32_t>& ids) const {
        expects(word.size() < (std::size_t{1} << 31),
                "a word of 2 GiB or more cannot be tokenized; split the text");
        const auto n = static_cast<std::int32_t>(word.size());
        std::vector<Part> parts(word.size());
        std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
        const auto part = [&](std::int32_t i) -> Part& {
            return parts[static_cast<std::size_t>(i)];
        };
        const auto offer = [&](std::int32_t at) {
            if (at < 0 || part(at).next < 0) return;
            const std::int32_t left = part(at).id, right = part(part(at).next).id;
            const Slot& slot = lookup(left, right);
            if (slot.rank != none) queue.push({slot.rank, at, left, right});
        };
        for (std::int32_t i = 0; i < n; ++i)
            part(i) = {byte_id(word[static_cast<std::size_t>(i)]), i - 1, i + 1 < n ? i + 1 : -1};
        for (std::int32_t i = 0; i < n; ++i) offer(i);
        while (!queue.empty()) {
            const Candidate best = queue.top();
            queue.pop();
            Part& left = part(best.at);
            if (left.id != best.left || left.next < 0 || part(left.next).id != best.right) continue;
            Part& right = part(left.next);
            left.id = lookup(best.left, best.right).result;
            left.next = right.next;
            right.id = none;  // consumed: no candidate matches it any more
            if (left.next >= 0) part(left.next).previous = best.at;
            offer(best.at);
            offer(left.previous);
        }
        for (std::int32_t i = 0; i >= 0; i = part(i).next) ids.push_back(part(i).id);
    }

    std::array<std::int32_t, 256> bytes_{};
    std::vector<Slot> slots_{1};
    bool empty_ = true;
};

}  // namespace gppo
