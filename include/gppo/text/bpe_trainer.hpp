// SPDX-License-Identifier: Apache-2.0
//
// Learns the merges of a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909): again
// and again the most frequent pair of neighbours inside words becomes one token. Ties go to the
// smaller left, then the smaller right id, so the same words give the same vocabulary in any order.
// Bytes come first, in the order of their printable spelling, as in GPT-2 and Qwen.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/text/bpe.hpp>
#include <gppo/text/byte_unicode.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gppo {

/// A vocabulary: tokens as bytes by id, and merges by rank.
struct BpeVocabulary {
    std::vector<std::string> tokens;
    std::vector<BpeMerge> merges;
};

/// Counts words, then learns merges from the counts.
class BpeTrainer {
  public:
    /// One more occurrence of a word: what the pre-tokenizer cuts.
    void add(std::string_view word) { ++counts_[std::string(word)]; }

    /// Tokens until there are `size`, 256 of them bytes, or until no pair occurs `min_count` times.
    BpeVocabulary train(Index size, std::int64_t min_count = 2) const {
        expects(size >= 256, [&] {
            return "a byte-level vocabulary needs at least 256 tokens, not " + std::to_string(size);
        });
        State state(counts_);
        while (static_cast<Index>(state.vocabulary.tokens.size()) < size)
            if (!state.merge_best(min_count)) break;
        return std::move(state.vocabulary);
    }

  private:
    struct Word {
        std::vector<std::int32_t> ids;
        std::int64_t count;
    };
    struct Pair {
        std::int64_t count = 0;
        std::vector<std::size_t> words;  // where it was seen; may repeat, may have gone since
    };
    struct Candidate {
        std::int64_t count;
        std::int32_t left, right;
        /// The queue's top is the greatest: most frequent, then smallest ids.
        bool operator<(const Candidate& other) const noexcept {
            return std::tie(count, other.left, other.right) < std::tie(other.count, left, right);
        }
    };

    struct State {
        BpeVocabulary vocabulary;
        std::unordered_map<std::string, std::int32_t> ids;
        std::vector<Word> words;
        std::unordered_map<std::uint64_t, Pair> pairs;
        std::unordered_set<std::uint64_t> merged;
        std::priority_queue<Candidate> queue;

        static std::uint64_t key(std::int32_t left, std::int32_t right) noexcept {
            return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
        }

        explicit State(const std::map<std::string, std::int64_t>& counts) {
            std::array<std::int32_t, 256> byte_ids{};
            for (const std::int16_t byte : byte_unicode.byte)
                if (byte >= 0)
                    byte_ids[static_cast<std::size_t>(byte)] =
                        add_token(std::string(1, static_cast<char>(byte)));
            for (const auto& [text, count] : counts) {
                Word word{{}, count};
                for (const char b : text)
                    word.ids.push_back(byte_ids[static_cast<unsigned char>(b)]);
                for (std::size_t i = 0; i + 1 < word.ids.size(); ++i)
                    change(word.ids[i], word.ids[i + 1], count, words.size());
                words.push_back(std::move(word));
            }
            for (const auto& [pair, entry] : pairs) offer(pair, entry.count);
        }

        std::int32_t add_token(const std::string& bytes) {
            const auto id = static_cast<std::int32_t>(vocabulary.tokens.size());
            const auto [found, fresh] = ids.emplace(bytes, id);
            if (fresh) vocabulary.tokens.push_back(bytes);
            return found->second;
        }

        void offer(std::uint64_t pair, std::int64_t count) {
            queue.push({count, static_cast<std::int32_t>(pair >> 32),
                        static_cast<std::int32_t>(pair & 0xFFFFFFFFu)});
        }

        void change(std::int32_t left, std::int32_t right, std::int64_t by, std::size_t word) {
            Pair& pair = pairs[key(left, right)];
            pair.count += by;
            if (by > 0 && (pair.words.empty() || pair.words.back() != word))
                pair.words.push_back(word);
        }

        /// False when no pair is frequent enough. Counts in the queue may be out of date: too high
        /// ones are put right and offered again, and whoever raises a count offers it anew.
        bool merge_best(std::int64_t min_count) {
            while (!queue.empty()) {
                const Candidate best = queue.top();
                queue.pop();
                const auto found = pairs.find(key(best.left, best.right));
                if (found == pairs.end() || found->second.count < min_count) continue;
                if (found->second.count != best.count) {
                    if (found->second.count < best.count) offer(found->first, found->second.count);
                    continue;
                }
                merge(best.left, best.right);
                return true;
            }
            return false;
        }

        void merge(std::int32_t left, std::int32_t right) {
            const auto at = [&](std::int32_t id) -> const std::string& {
                return vocabulary.tokens[static_cast<std::size_t>(id)];
            };
            const std::int32_t joined = add_token(at(left) + at(right));
            // A pair comes back when another merge leads to one of its tokens: no second entry.
            if (merged.insert(key(left, right)).second)
                vocabulary.merges.push_back({left, right, joined});
            const auto entry = pairs.extract(key(left, right));
            std::vector<std::uint64_t> raised;
            for (const std::size_t word : entry.mapped().words)
                merge_in(word, left, right, joined, raised);
            pairs.erase(key(left, right));  // the bookkeeping of overlaps may have made it again
            for (const std::uint64_t pair : raised)
                if (const auto now = pairs.find(pair); now != pairs.end() && now->second.count > 0)
                    offer(pair, now->second.count);
        }

        /// Joins the pair in one word, from the left. Its neighbours change partners.
        void merge_in(std::size_t index, std::int32_t left, std::int32_t right, std::int32_t joined,
                      std::vector<std::uint64_t>& raised) {
            std::vector<std::int32_t>& ids_here = words[index].ids;
            const std::int64_t count = words[index].count;
            std::size_t kept = 0;
            for (std::size_t i = 0; i < ids_here.size(); ++i) {
                const bool pair =
                    ids_here[i] == left && i + 1 < ids_here.size() && ids_here[i + 1] == right;
                if (pair && kept > 0) {
                    change(ids_here[kept - 1], left, -count, index);
                    change(ids_here[kept - 1], joined, count, index);
                    raised.push_back(key(ids_here[kept - 1], joined));
                }
                if (pair && i + 2 < ids_here.size()) {
                    change(right, ids_here[i + 2], -count, index);
                    change(joined, ids_here[i + 2], count, index);
                    raised.push_back(key(joined, ids_here[i + 2]));
                }
                ids_here[kept++] = pair ? joined : ids_here[i];
                i += pair;
            }
            ids_here.resize(kept);
        }
    };

    std::map<std::string, std::int64_t> counts_;
};

}  // namespace gppo
