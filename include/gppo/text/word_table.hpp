// SPDX-License-Identifier: Apache-2.0
//
// Finds words that are one token. Most words of ordinary text are, and one look-up is several times
// faster than applying their merges one by one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// A map from byte strings to ids, built once.
class WordTable {
  public:
    /// Room for `count` words.
    explicit WordTable(std::size_t count = 0) : slots_(std::bit_ceil(2 * count + 1)) {}

    /// Adds a word; at most `count`, each once, none empty.
    void add(std::string_view word, std::int32_t id) {
        const std::uint64_t hash = hash_of(word);
        slots_[find(word, hash)] = {hash, id, static_cast<std::uint32_t>(bytes_.size()),
                                    static_cast<std::uint32_t>(word.size())};
        bytes_ += word;
    }

    /// The word's id, or -1.
    std::int32_t id(std::string_view word) const noexcept {
        return slots_[find(word, hash_of(word))].id;
    }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        std::int32_t id = -1;
        std::uint32_t begin = 0, size = 0;
    };

    /// Eight bytes at a time, mixed by multiplication.
    static std::uint64_t hash_of(std::string_view word) noexcept {
        std::uint64_t hash = word.size();
        for (std::size_t at = 0; at < word.size(); at += 8) {
            std::uint64_t block = 0;
            std::memcpy(&block, word.data() + at, word.size() - at < 8 ? word.size() - at : 8);
            hash = (hash ^ block) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 29;
        }
        return hash;
    }

    /// The slot of the word, or the vacant one where it belongs.
    std::size_t find(std::string_view word, std::uint64_t hash) const noexcept {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = static_cast<std::size_t>(hash >> 7) & mask;
        while (slots_[at].id >= 0 && (slots_[at].hash != hash || text(slots_[at]) != word))
            at = (at + 1) & mask;
        return at;
    }

    std::string_view text(const Slot& slot) const noexcept {
        return std::string_view(bytes_).substr(slot.begin, slot.size);
    }

    std::vector<Slot> slots_;
    std::string bytes_;
};

}  // namespace gppo
