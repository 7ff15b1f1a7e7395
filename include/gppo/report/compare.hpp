// SPDX-License-Identifier: Apache-2.0
//
// Another run's curves beside those of a run. Stages with the same name begin at the same place; a
// stage is as long as its longest run.
#pragma once

#include <gppo/report/run_files.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace gppo {

/// Where `x`, measured in `from`, is in `to`: as far into the stage of the same name. NaN if there
/// is none.
inline double moved_step(double x, const std::vector<Stage>& from, const std::vector<Stage>& to) {
    for (const Stage& stage : from) {
        if (x < stage.first || x > stage.last) continue;
        for (const Stage& target : to)
            if (target.name == stage.name) return target.first + (x - stage.first);
    }
    return std::nan("");
}

/// Adds the curves of `other` to `run`, named "metric · other". Stages that `run` does not have are
/// left out.
inline void add_comparison(RunFiles& run, const RunFiles& other) {
    std::vector<Stage> stages = run.stages;
    for (std::size_t k = 0; k < stages.size(); ++k) {
        double length = stages[k].last - stages[k].first;
        for (const Stage& theirs : other.stages)
            if (theirs.name == stages[k].name)
                length = std::max(length, theirs.last - theirs.first);
        const double first = k == 0 ? stages[k].first : stages[k - 1].last + 1;
        stages[k].offset += first - stages[k].first;
        stages[k].first = first;
        stages[k].last = first + length;
    }
    for (Curve& curve : run.curves)
        for (Point& point : curve.points) point.x = moved_step(point.x, run.stages, stages);
    for (const Curve& curve : other.curves) {
        Curve added{curve.name + std::string(comparison_mark) + other.name, {}, other.name};
        for (const Point& point : curve.points) {
            const double x = moved_step(point.x, other.stages, stages);
            if (std::isfinite(x)) added.points.push_back({x, point.y});
        }
        if (!added.points.empty()) run.curves.push_back(std::move(added));
    }
    run.stages = std::move(stages);
}

}  // namespace gppo
