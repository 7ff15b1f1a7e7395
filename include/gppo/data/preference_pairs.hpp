// SPDX-License-Identifier: Apache-2.0
//
// Preference pairs from pass rates (AceCoder, arXiv 2502.01718): of the answers to one prompt, one
// that passes nearly every test is chosen over one that passes clearly fewer. No person and no
// judge has to say which is better.
//
//   chosen c, rejected r:   p_c >= chosen_from   and   p_c - p_r >= gap
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace gppo {

struct PairRule {
    float gap = 0.4f;          ///< least difference of the pass rates
    float chosen_from = 0.8f;  ///< least pass rate of the chosen one
    Index most = 4;            ///< pairs of one prompt, drawn where there are more; 0: all
};

/// (chosen, rejected) by place in `rates`. Which ones are drawn is a function of (seed, prompt).
inline std::vector<std::pair<Index, Index>> preference_pairs(View<const float> rates /* (G) */,
                                                             const PairRule& rule,
                                                             std::uint64_t seed,
                                                             std::uint64_t prompt) {
    expects(rule.gap > 0.0f && rule.most >= 0,
            "preference pairs: the gap must be above 0, or an answer would be better than itself");
    std::vector<std::pair<Index, Index>> pairs;
    for (Index c = 0; c < rates.size; ++c)
        for (Index r = 0; r < rates.size; ++r)
            if (rates[c] >= rule.chosen_from && rates[c] - rates[r] >= rule.gap)
                pairs.emplace_back(c, r);
    if (rule.most == 0 || std::ssize(pairs) <= rule.most) return pairs;
    const Philox random{seed ^ 0x7061697273u};
    for (std::size_t i = 0; i < static_cast<std::size_t>(rule.most); ++i)
        std::swap(pairs[i], pairs[i + random.below(pairs.size() - i, prompt, i)]);
    pairs.resize(static_cast<std::size_t>(rule.most));
    return pairs;
}

}  // namespace gppo
