// SPDX-License-Identifier: Apache-2.0
//
// Choosing by rank: the best part of the rows by a score, and the sources of the best quality.
// Klear-Reasoner (2508.07629) finds that SFT on the K best sources beats SFT on more of them;
// R1-Code-Interpreter (2505.21668) trains on the top 25, 50, 75 and 100 % by potential in turn.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// Which of the rows belong to the top `share` by score, at least one: ceil(share * rows). Equal
/// scores keep the earlier row. Throws Error unless 0 < share <= 1.
inline std::vector<bool> top_share(std::span<const double> scores,  // (rows)
                                   double share) {
    expects(share > 0 && share <= 1, "the top share of rows must be above 0 and at most 1");
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return scores[i] > scores[j]; });
    // 0.07 * 100 is a little more than 7 in binary: the product is rounded where it is whole but
    // for that.
    const double wanted = share * static_cast<double>(scores.size());
    const auto count = static_cast<std::size_t>(std::ceil(wanted - 1e-9 * wanted));
    std::vector<bool> top(scores.size(), false);
    for (std::size_t i = 0; i < std::min(count, order.size()); ++i) top[order[i]] = true;
    return top;
}

/// Mean quality of each source.
class SourceQuality {
  public:
    void add(const std::string& source, double quality) {
        auto& [sum, rows] = sums_[source];
        sum += quality;
        ++rows;
    }
    /// All sources, the best first; equal ones by name.
    std::vector<std::pair<std::string, double>> ranking() const {
        std::vector<std::pair<std::string, double>> result;
        for (const auto& [source, sum] : sums_)
            result.emplace_back(source, sum.first / static_cast<double>(sum.second));
        std::stable_sort(result.begin(), result.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        return result;
    }
    /// The k best ones.
    std::set<std::string> top(std::size_t k) const {
        std::set<std::string> names;
        for (const auto& [source, quality] : ranking())
            if (names.size() < k) names.insert(source);
        return names;
    }

  private:
    std::map<std::string, std::pair<double, Index>> sums_;
};

}  // namespace gppo
