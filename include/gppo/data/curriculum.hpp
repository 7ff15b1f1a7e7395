// SPDX-License-Identifier: Apache-2.0
//
// Which rows a stage trains on and in what order, from how often each was solved before.
// Skywork-OR1 (2505.22312) drops between stages what was solved every time, R1-Code-Interpreter
// (2505.21668) trains on the top 25, 50, 75 and 100 % by potential, AceReason-Nemotron (2505.16400)
// takes the hardest problems first in code. The rows follow from the rates, the rule and the seed,
// so a loader's cursor is all that a resumed stage needs.
//   pass rate p        1                0                  unknown (never tried)
//   drop_solved        goes             stays              stays
//   drop_unsolved      stays            goes               stays
//   low <= p <= high   goes if high < 1 goes if low > 0    stays
//   potential          0                0                  1, as p = 1/2
//   place, easy first  first            last               in the middle, as p = 1/2
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/loader.hpp>
#include <gppo/data/pass_count.hpp>
#include <gppo/data/selection.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// Outcomes of each row so far.
class PassRates {
  public:
    explicit PassRates(Index rows) : counts_(static_cast<std::size_t>(rows)) {}

    /// Throws Error for a row that there is not.
    void add(Index row, Index right, Index tries) {
        expects(row >= 0 && row < rows() && right >= 0 && right <= tries, [&] {
            return "pass rates: " + std::to_string(right) + " of " + std::to_string(tries) +
                   " for row " + std::to_string(row) + " of " + std::to_string(rows());
        });
        counts_[static_cast<std::size_t>(row)].right += right;
        counts_[static_cast<std::size_t>(row)].tries += tries;
    }
    /// The latest outcome alone, for rows that come again: what a model could once not do says
    /// little about it now.
    void set(Index row, Index right, Index tries) {
        add(row, right, tries);
        counts_[static_cast<std::size_t>(row)] = {right, tries};
    }
    /// Forgets all outcomes: a new stage asks about a new model.
    void clear() { counts_.assign(counts_.size(), {}); }

    Index rows() const noexcept { return static_cast<Index>(counts_.size()); }
    bool known(Index row) const { return counts_[static_cast<std::size_t>(row)].tries > 0; }
    /// 1/2 where nothing is known.
    double rate(Index row) const {
        const Counts& c = counts_[static_cast<std::size_t>(row)];
        return c.tries == 0 ? 0.5 : static_cast<double>(c.right) / static_cast<double>(c.tries);
    }

    /// [[row, right, tries], ...] of the rows that were tried, for a checkpoint.
    nlohmann::json json() const {
        nlohmann::json list = nlohmann::json::array();
        for (Index row = 0; row < rows(); ++row)
            if (known(row))
                list.push_back({row, counts_[static_cast<std::size_t>(row)].right,
                                counts_[static_cast<std::size_t>(row)].tries});
        return list;
    }
    /// Throws Error if the list is none, or of other data.
    static PassRates from_json(const nlohmann::json& list, Index rows) {
        PassRates rates(rows);
        expects(list.is_array(), "pass rates: not a list of [row, right, tries]");
        for (const nlohmann::json& entry : list) {
            const bool right = entry.is_array() && entry.size() == 3 &&
                               std::all_of(entry.begin(), entry.end(), [](const auto& value) {
                                   return value.is_number_integer();
                               });
            expects(right, "pass rates: an entry is not [row, right, tries]");
            rates.add(entry[0].get<Index>(), entry[1].get<Index>(), entry[2].get<Index>());
        }
        return rates;
    }

  private:
    struct Counts {
        Index right = 0, tries = 0;
    };
    std::vector<Counts> counts_;
};

enum class CurriculumOrder { shuffled, easy_first, hard_first, potential_first };

struct Curriculum {
    CurriculumOrder order = CurriculumOrder::shuffled;
    double top = 1;  ///< part of the rows, by potential
    bool drop_solved = false, drop_unsolved = false;
    double low = 0, high = 1;  ///< pass rates that stay; AceReason's late stages take at most 6/16
};

/// The rows of a stage: in training order, or ascending where that is shuffled. Equal rates come in
/// an order drawn from the seed. Throws Error if none is left.
inline std::vector<Index> curriculum_rows(const PassRates& rates, const Curriculum& curriculum,
                                          std::uint64_t seed) {
    std::vector<Index> rows;
    std::vector<double> potential;
    for (const Index row : epoch_order(rates.rows(), seed, 0)) {
        const double p = rates.rate(row);
        if ((curriculum.drop_solved && p == 1) || (curriculum.drop_unsolved && p == 0)) continue;
        if (rates.known(row) && (p < curriculum.low || p > curriculum.high)) continue;
        rows.push_back(row);
        potential.push_back(improvement_potential(p));
    }
    expects(!rows.empty(), "the curriculum leaves no row: all are solved, or none is ever solved");
    const auto in = top_share(potential, curriculum.top);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (in[i]) rows[kept++] = rows[i];
    rows.resize(kept);
    const auto sort = [&](auto score) {
        std::stable_sort(rows.begin(), rows.end(),
                         [&](Index a, Index b) { return score(a) > score(b); });
    };
    switch (curriculum.order) {
        case CurriculumOrder::shuffled:
            std::sort(rows.begin(), rows.end());
            break;
        case CurriculumOrder::easy_first:
            sort([&](Index row) { return rates.rate(row); });
            break;
        case CurriculumOrder::hard_first:
            sort([&](Index row) { return -rates.rate(row); });
            break;
        case CurriculumOrder::potential_first:
            sort([&](Index row) { return improvement_potential(rates.rate(row)); });
            break;
    }
    return rows;
}

/// Gives out the rows of a stage, epoch after epoch: shuffled anew, or in their order each time.
class CurriculumLoader {
  public:
    /// Throws Error for no rows or a cursor that does not fit them.
    CurriculumLoader(std::vector<Index> rows, CurriculumOrder order, std::uint64_t seed,
                     Cursor start = {})
        : rows_(std::move(rows)),
          shuffled_(order == CurriculumOrder::shuffled),
          loader_(static_cast<Index>(rows_.size()), seed, start) {}

    Cursor cursor() const { return loader_.cursor(); }

    Index next() {
        const Index drawn = loader_.next();
        const Index place = shuffled_ ? drawn : loader_.cursor().position - 1;
        return rows_[static_cast<std::size_t>(place)];
    }

  private:
    std::vector<Index> rows_;
    bool shuffled_;
    Loader loader_;
};

}  // namespace gppo
