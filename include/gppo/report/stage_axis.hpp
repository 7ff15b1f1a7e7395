// SPDX-License-Identifier: Apache-2.0
//
// The horizontal axis of a chart, and curves on it as SVG paths in a box of 1000 × 1000.
#pragma once

#include <gppo/report/html_panels.hpp>
#include <gppo/report/run_files.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

/// Where on the axis a point is. Each stage a panel has points in gets an equal share of the width,
/// so that a short stage is not squeezed by a long one.
class StageAxis {
  public:
    StageAxis(const RunFiles& run, const Panel& panel) {
        for (std::size_t k = 0; k < run.stages.size(); ++k) {
            const Stage& stage = run.stages[k];
            const bool used =
                std::any_of(panel.lines.begin(), panel.lines.end(), [&](const PanelLine& line) {
                    return std::any_of(
                        line.curve->points.begin(), line.curve->points.end(), [&](const Point& p) {
                            return p.x >= stage.first && p.x <= stage.last && std::isfinite(p.y);
                        });
                });
            if (used) stages_.push_back(stage), indices_.push_back(k);
        }
        if (stages_.empty()) stages_.push_back({"", 0, 0, 0}), indices_.push_back(0);
    }

    /// Which of stages() `x` is in.
    std::size_t stage(double x) const {
        std::size_t k = 0;
        while (k + 1 < stages_.size() && x >= stages_[k + 1].first) ++k;
        return k;
    }

    /// 0 (left) … 1 (right).
    double at(double x) const {
        const std::size_t k = stage(x);
        const double length = stages_[k].last - stages_[k].first;
        const double inside =
            length > 0 ? std::clamp((x - stages_[k].first) / length, 0.0, 1.0) : 0.5;
        return (static_cast<double>(k) + inside) / static_cast<double>(stages_.size());
    }

    const std::vector<Stage>& stages() const noexcept { return stages_; }
    /// Positions of stages() in RunFiles::stages.
    const std::vector<std::size_t>& indices() const noexcept { return indices_; }

  private:
    std::vector<Stage> stages_;
    std::vector<std::size_t> indices_;
};

/// `value` with at most one decimal: a coordinate in the 1000 × 1000 box.
inline std::string coordinate(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", std::clamp(value, -9e4, 9e4));
    std::string_view view = text;
    if (view.ends_with(".0")) view.remove_suffix(2);
    return std::string(view == "-0" ? "0" : view);
}

inline constexpr std::size_t sparse_points =
    12;  // fewer are drawn as dots too, and joined across stages
inline constexpr std::size_t palette_size = 8;

/// "M0 500L10 480…"; starts anew after a NaN and, unless the points are few, in a new stage.
inline std::string svg_path(const std::vector<Point>& points, const StageAxis& axis, Range range) {
    std::string path;
    bool down = false;
    double before = 0;
    for (const Point& point : points) {
        if (points.size() > sparse_points && axis.stage(point.x) != axis.stage(before))
            down = false;
        before = point.x;
        if (!std::isfinite(point.y)) {
            down = false;
            continue;
        }
        path += down ? 'L' : 'M';
        path += coordinate(1000 * axis.at(point.x)) + ' ' +
                coordinate(1000 * (1 - (point.y - range.low) / (range.high - range.low)));
        down = true;
    }
    return path;
}

/// Points as zero-length strokes: with round caps they are dots at any stretch.
inline std::string svg_dots(const std::vector<Point>& points, const StageAxis& axis, Range range) {
    std::string path;
    for (const Point& point : points)
        if (std::isfinite(point.y)) path += svg_path({point}, axis, range) + "h0";
    return path;
}

}  // namespace gppo
