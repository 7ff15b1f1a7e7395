// SPDX-License-Identifier: Apache-2.0
//
// Penalties for saying the same thing again, over the n-grams of the completion's tokens. Two
// formulas are in use:
//
//     Repetition      penalty * (1 - different n-grams / n-grams)          open-r1
//     RepeatedTokens  penalty * tokens inside an n-gram that came before   Yeo et al. 2025
//
// open-r1 (its get_repetition_penalty_reward) counts n-grams of words split at blanks in lower
// case; here they are tokens, so that the penalty does not depend on the writing system. Yeo et
// al. (arXiv 2502.03373) give the penalty to each such token; here it is their sum.
#pragma once

#include <gppo/core/response.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace gppo {

/// How often n-grams occur in a sequence of tokens.
struct Ngrams {
    Index total = 0;      ///< positions where one starts
    Index different = 0;  ///< different ones among them
    Index repeated = 0;   ///< tokens inside a copy of an earlier n-gram
};

/// Counts the n-grams of `tokens`; n below 1 or above the length has none. O(T log T): n-grams are
/// told apart by ranks of ever longer pieces, so the worst text costs no more than any other.
inline Ngrams count_ngrams(View<const std::int32_t> tokens /*(T)*/, Index n) {
    Ngrams counts;
    if (n < 1 || n > tokens.size) return counts;
    // rank[i]: equal for equal pieces of length `done` that start at i. Doubling by overlap.
    std::vector<Index> rank(tokens.begin(), tokens.end());
    for (Index done = 1; done < n;) {
        const Index step = std::min(done, n - done), starts = tokens.size - done - step + 1;
        std::map<std::pair<Index, Index>, Index> seen;
        for (Index i = 0; i < starts; ++i) {
            const auto pair = std::pair(rank[static_cast<std::size_t>(i)],
                                        rank[static_cast<std::size_t>(i + step)]);
            rank[static_cast<std::size_t>(i)] =
                seen.emplace(pair, static_cast<Index>(seen.size())).first->second;
        }
        done += step;
    }
    counts.total = tokens.size - n + 1;
    std::set<Index> seen;
    Index marked = 0;  // tokens before it are counted or never will be
    for (Index i = 0; i < counts.total; ++i) {
        if (seen.insert(rank[static_cast<std::size_t>(i)]).second) {
            ++counts.different;
            continue;
        }
        counts.repeated += i + n - std::max(marked, i);
        marked = i + n;
    }
    return counts;
}

/// open-r1's formula: in [penalty, 0]. A completion shorter than n gets 0.
struct Repetition {
    Index n = 3;
    float penalty = -1.0f;

    float operator()(const Response& response) const {
        const Ngrams counts = count_ngrams(response.tokens, n);
        if (counts.total == 0) return 0.0f;
        return penalty *
               (1.0f - static_cast<float>(counts.different) / static_cast<float>(counts.total));
    }
};

/// Yeo et al.'s: the penalty for each token of a repeated n-gram, summed.
struct RepeatedTokens {
    Index n = 40;
    float penalty = -0.05f;

    float operator()(const Response& response) const {
        return penalty * static_cast<float>(count_ngrams(response.tokens, n).repeated);
    }
};

}  // namespace gppo
