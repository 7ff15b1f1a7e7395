// SPDX-License-Identifier: Apache-2.0
//
// The steps of an optimizer, and what becomes of a gradient that is not finite.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

struct UpdateCount {
    gppo::Index updates = 0;  // optimizer steps of this stage
    gppo::Index skipped = 0;  // of them, those left out because the gradient was not finite
    gppo::Index skipped_in_a_row = 0;

    /// Counts a step. What the gradient is multiplied with, so that its norm is at most `clip_norm`
    /// (0: any); nothing where the norm is not finite, and the step is left out. Five of those in a
    /// row stop the run.
    std::optional<double> next(double norm, double clip_norm) {
        ++updates;
        if (std::isfinite(norm)) {
            skipped_in_a_row = 0;
            return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + 1e-6)) : 1.0;
        }
        ++skipped;
        gppo::expects(++skipped_in_a_row < 5,
                      "the gradient was not finite 5 updates in a row: lower the learning rate, or "
                      "look for broken values in the data");
        return std::nullopt;
    }

    /// As a checkpoint keeps it.
    nlohmann::ordered_json json() const {
        return {{"updates", updates}, {"skipped", skipped}, {"skipped_in_a_row", skipped_in_a_row}};
    }
    void restore(const nlohmann::ordered_json& json) {
        json.at("updates").get_to(updates);
        json.at("skipped").get_to(skipped);
        json.at("skipped_in_a_row").get_to(skipped_in_a_row);
    }
};
