// SPDX-License-Identifier: Apache-2.0
//
// Finds the runs of n words that a text shares with the rows of named benchmarks. A row that shares
// one is contaminated: n = 9 in AceReason-Nemotron (2505.16400) and Klear-Reasoner (2508.07629), n
// = 8 with WordRule::spaces in open-r1 and s1 (2501.19393). A rolling 64-bit hash proposes, a
// comparison of the words decides, so that no flag is a collision.
//   n-gram of a text                          found
//   none in a benchmark                       never
//   in row r of benchmark b                   once a benchmark: the first in the text, with r
//   in at least `shared_rows` rows            not, when shared_rows > 0: boilerplate such as "where
//                                             m and n are relatively prime positive integers"
//   text of fewer than n words                as a whole, when short_texts; never in open-r1
// One shared n-gram may be boilerplate; overlap() says which part of a benchmark row a text holds.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/words.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

struct NgramOptions {
    std::size_t n = 9;
    WordRule words = WordRule::letters;
    bool short_texts = true;  ///< texts of fewer than n words are one n-gram
    Index shared_rows = 0;    ///< n-grams of so many benchmark rows do not count; 0 counts all
};

/// What open-r1's scripts/decontaminate.py does.
inline constexpr NgramOptions open_r1_ngrams{
    .n = 8, .words = WordRule::spaces, .short_texts = false, .shared_rows = 0};

/// An n-gram that a text has in common with a benchmark.
struct NgramHit {
    std::size_t benchmark = 0;  ///< as numbered by add_benchmark()
    Index row = 0;              ///< the first row of the benchmark that has it
    std::size_t gram = 0;       ///< NgramIndex::gram()
};

/// The row of a benchmark of which a text has the largest part.
struct NgramOverlap {
    std::size_t benchmark = 0;
    Index row = 0;
    double share = 0;  ///< shared n-grams over those of the row, each counted once
};

class NgramIndex {
  public:
    /// Throws Error for n = 0.
    explicit NgramIndex(NgramOptions options = {}) : options_(options), words_(options.words) {
        expects(options.n > 0, "n-grams of 0 words match everything: use n = 9");
        for (std::size_t i = 0; i < options.n; ++i) power_ *= base;
    }

    std::size_t add_benchmark(std::string name) {
        names_.push_back(std::move(name));
        return names_.size() - 1;
    }

    /// All n-grams of a row of the benchmark that was added last.
    void add(Index row, std::string_view text) {
        rows_.push_back({names_.size() - 1, row, 0});
        words_.read(text);
        for_each_gram(words_, [&](std::uint64_t hash, std::size_t first, std::size_t length) {
            insert(hash, words_.run(first, length));
            return true;
        });
    }

    /// Replaces `hits` by the first shared n-gram of each benchmark, in the order of the text.
    /// Leaves the words of the text in `words`.
    void find(Words& words, std::string_view text, std::vector<NgramHit>& hits) const {
        hits.clear();
        words.read(text);
        for_each_shared(words, [&](std::size_t gram) {
            for (const std::size_t id : grams_[gram].first) {
                const NgramRow& row = rows_[id];
                const bool known = std::any_of(hits.begin(), hits.end(), [&](const NgramHit& hit) {
                    return hit.benchmark == row.benchmark;
                });
                if (!known) hits.push_back({row.benchmark, row.row, gram});
            }
            return hits.size() < names_.size();
        });
    }

    /// The row of which the text that find() read has the largest part.
    NgramOverlap overlap(const Words& words) const {
        std::set<std::size_t> seen;
        std::map<std::size_t, Index> shared;
        for_each_shared(words, [&](std::size_t gram) {
            if (seen.insert(gram).second)
                for (const std::size_t id : grams_[gram].rows) ++shared[id];
            return true;
        });
        NgramOverlap best;
        for (const auto& [id, count] : shared) {
            const double share = static_cast<double>(count) / static_cast<double>(rows_[id].grams);
            if (share > best.share) best = {rows_[id].benchmark, rows_[id].row, share};
        }
        return best;
    }

    const std::vector<std::string>& benchmarks() const noexcept { return names_; }
    const NgramOptions& options() const noexcept { return options_; }
    std::size_t grams() const noexcept { return grams_.size(); }
    const std::string& gram(std::size_t i) const { return grams_[i].text; }
    /// Benchmark rows that have the n-gram.
    Index rows(std::size_t gram) const { return static_cast<Index>(grams_[gram].rows.size()); }

  private:
    static constexpr std::uint64_t base = 0x9E3779B97F4A7C15u, filter_mix = 0xBF58476D1CE4E5B9u;
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    struct NgramRow {
        std::size_t benchmark;
        Index row, grams;  ///< different ones
    };
    struct Gram {
        std::uint64_t hash;
        std::string text;
        std::vector<std::size_t> rows, first;  ///< of rows_; first: one for each benchmark
    };

    /// f(hash, first word, words) for each n-gram until it returns false. The hash is the
    /// polynomial of the words' hashes in `base`, updated word by word.
    template <class F>
    void for_each_gram(const Words& words, F f) const {
        const std::size_t n = options_.n, size = words.size();
        const auto& word = words.hashes();
        if (size < n && !(options_.short_texts && size > 0)) return;
        const std::size_t length = std::min(n, size);
        std::uint64_t hash = 0;
        for (std::size_t i = 0; i < length; ++i) hash = hash * base + word[i];
        for (std::size_t i = 0;; ++i) {
            if (!f(hash, i, length) || i + length == size) return;
            hash = hash * base + word[i + length] - word[i] * power_;
        }
    }

    /// The place of an n-gram in the table, or of the empty slot where it belongs.
    std::size_t slot(std::uint64_t hash, std::string_view gram) const {
        for (std::size_t at = (hash ^ (hash >> 29)) & (table_.size() - 1);;
             at = (at + 1) & (table_.size() - 1)) {
            const std::size_t entry = table_[at];
            if (entry == none || (grams_[entry].hash == hash && grams_[entry].text == gram))
                return at;
        }
    }

    void insert(std::uint64_t hash, std::string_view gram) {
        if (2 * (grams_.size() + 1) > table_.size()) grow();
        const std::size_t at = slot(hash, gram), id = rows_.size() - 1;
        if (table_[at] == none) {
            table_[at] = grams_.size();
            grams_.push_back({hash, std::string(gram), {}, {}});
            mark(hash);
        }
        Gram& entry = grams_[table_[at]];
        if (!entry.rows.empty() && entry.rows.back() == id) return;
        if (entry.rows.empty() || rows_[entry.rows.back()].benchmark != rows_[id].benchmark)
            entry.first.push_back(id);
        entry.rows.push_back(id);
        ++rows_[id].grams;
    }

    void mark(std::uint64_t hash) {
        const std::size_t bit = (hash * filter_mix) >> filter_shift_;
        filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }

    /// Twice the table, and a filter of 16 bits an n-gram: most lookups end there.
    void grow() {
        const std::size_t size = 2 * table_.size();
        table_.assign(size, none);
        filter_.assign(size / 8, 0);
        filter_shift_ = 64 - std::countr_zero(8 * size);
        for (std::size_t i = 0; i < grams_.size(); ++i) {
            table_[slot(grams_[i].hash, grams_[i].text)] = i;
            mark(grams_[i].hash);
        }
    }

    /// f(gram) for each n-gram of the words that is in a benchmark, until it returns false.
    template <class F>
    void for_each_shared(const Words& words, F f) const {
        for_each_gram(words, [&](std::uint64_t hash, std::size_t first, std::size_t length) {
            const std::size_t bit = (hash * filter_mix) >> filter_shift_;
            if ((filter_[bit / 64] >> (bit % 64) & 1) == 0) return true;
            const std::size_t gram = table_[slot(hash, words.run(first, length))];
            if (gram == none) return true;
            const bool common = options_.shared_rows > 0 && rows(gram) >= options_.shared_rows;
            return common || f(gram);
        });
    }

    NgramOptions options_;
    Words words_;
    std::uint64_t power_ = 1;
    std::vector<std::string> names_;
    std::vector<NgramRow> rows_;
    std::vector<Gram> grams_;
    std::vector<std::size_t> table_ = std::vector<std::size_t>(64, none);
    std::vector<std::uint64_t> filter_ = std::vector<std::uint64_t>(8, 0);
    int filter_shift_ = 64 - 9;
};

}  // namespace gppo
