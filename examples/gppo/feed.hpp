// SPDX-License-Identifier: Apache-2.0
//
// Which prompts `gppo rl` sees next. Generated problems come one after the other without end; rows
// come epoch after epoch, those that [curriculum] chooses by how often each was solved. What is
// known of the rows outlives the stage.
#pragma once

#include "grader.hpp"
#include "task.hpp"

#include <gppo/data/curriculum.hpp>
#include <gppo/report/metrics.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

class Feed {
  public:
    /// `task` must outlive the feed.
    Feed(const Task& task, const CurriculumConfig& config, std::uint64_t stream);

    /// Chooses the rows of a stage. False where none is left: there is nothing to learn.
    bool begin();
    /// The next example; `position` counts those drawn in the stage.
    Example next(gppo::Index& position);
    /// The example that was at `place`, the row or the position, for a resumed run.
    Example at(gppo::Index place) const;
    static gppo::Index place_of(const Example& example, gppo::Index position) {
        return example.row >= 0 ? example.row : position;
    }

    /// Takes note of outcomes, `group` completions of one prompt after the other.
    void add(const std::vector<Judged>& judged, gppo::Index group);

    /// Rows nobody knows anything of, for curriculum.measure.
    std::vector<gppo::Index> untried() const;
    /// No row was left for the epoch that began last.
    bool exhausted() const { return exhausted_; }

    /// curriculum/…: nothing for problems without end, or where the rows are all rows.
    void log(gppo::Metrics& metrics) const;

    nlohmann::ordered_json json() const;
    /// For the same stage all of it, for a new one what is known of the rows.
    void restore(const nlohmann::ordered_json& json, bool new_stage);

  private:
    bool choose(std::uint64_t epoch);
    void load(gppo::Cursor cursor);

    const Task* task_;
    CurriculumConfig config_;
    std::uint64_t stream_;
    std::string pool_;
    gppo::PassRates rates_;
    std::vector<gppo::Index> rows_;
    std::optional<gppo::CurriculumLoader> loader_;
    gppo::Index dropped_solved_ = 0, dropped_ = 0;
    bool exhausted_ = false;
    nlohmann::ordered_json others_ = nlohmann::ordered_json::object();  // pass rates of other pools
};
