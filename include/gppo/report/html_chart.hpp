// SPDX-License-Identifier: Apache-2.0
//
// A panel as HTML with inline SVG, complete without JavaScript, and the same numbers as JSON for
// the script that adds smoothing, the crosshair and the logarithmic axis. The SVG is stretched to
// its box (lines keep their width), and all text is HTML on top of it, so it stays crisp at every
// width.
#pragma once

#include <gppo/report/html_panels.hpp>
#include <gppo/report/html_text.hpp>
#include <gppo/report/stage_axis.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace gppo {

/// Renders one panel.
class PanelChart {
  public:
    PanelChart(const RunFiles& run, const Panel& panel)
        : panel_(panel), axis_(run, panel), stacked_(can_stack()) {
        for (const PanelLine& line : panel.lines) points_.push_back(line.curve->points);
        if (stacked_) align();
        std::vector<double> values;
        std::vector<double> below;
        for (const auto& points : points_) {
            shown_.push_back(stacked_ ? thin_means(points, 300) : thin_extremes(points, 300));
            if (stacked_) add_below(shown_.back(), below);
            for (const Point& point : stacked_ ? shown_.back() : points) values.push_back(point.y);
        }
        if (stacked_) values.push_back(0);
        range_ = chart_range(values);
        const double margin = 0.06 * (range_.high - range_.low);
        const bool non_negative = range_.low >= 0;
        range_.low = stacked_       ? 0
                     : non_negative ? std::max(0.0, range_.low - margin)
                                    : range_.low - margin;
        range_.high = stacked_ ? 1.12 * range_.high
                               : range_.high + 2 * margin;  // room for the name of the stage
    }

    std::string html() const {
        std::string out = "<figure class=\"panel\" data-panel=\"" + html_escape(panel_.id) +
                          "\"><figcaption><h3>" + html_escape(panel_.title) + "</h3>";
        if (!panel_.note.empty()) out += "<p>" + html_escape(panel_.note) + "</p>";
        out += "</figcaption><ul class=\"legend\">" + legend() +
               "</ul><div class=\"plot\" tabindex=\"0\" role=\"img\"" + " aria-label=\"" +
               html_escape(description()) + "\"><div class=\"ticks\">" + tick_labels() +
               "</div><div class=\"area\"><svg viewBox=\"0 0 1000 1000\" "
               "preserveAspectRatio=\"none\" aria-hidden=\"true\">" +
               bands() + "<path class=\"grid\" d=\"" + grid() + "\"/>";
        for (std::size_t i = shown_.size(); i-- > 0;) out += line(i);
        out += "</svg>" + stage_names() +
               "<i class=\"cross\" hidden></i></div><div class=\"steps\" aria-hidden=\"true\">" +
               step_labels() + "</div></div></figure>\n";
        return out;
    }

    /// For the script: at most 1000 points a line, six digits a number.
    nlohmann::ordered_json json() const {
        nlohmann::ordered_json lines = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
            const auto& all = points_[i];
            auto x = nlohmann::ordered_json::array(), y = x;
            for (const Point& point : stacked_ ? thin_means(all, 1000) : thin_extremes(all, 1000)) {
                x.push_back(static_cast<std::int64_t>(point.x));
                y.push_back(std::isfinite(point.y) ? nlohmann::ordered_json(rounded(point.y))
                                                   : nlohmann::ordered_json());
            }
            lines.push_back({{"name", panel_.lines[i].curve->name}, {"x", x}, {"y", y}});
        }
        return {{"id", panel_.id},
                {"stages", axis_.indices()},
                {"stacked", stacked_},
                {"lines", lines}};
    }

  private:
    /// Areas on top of each other mean nothing with a negative value or alone.
    bool can_stack() const {
        if (!panel_.stacked || panel_.lines.size() < 2) return false;
        for (const PanelLine& line : panel_.lines)
            for (const Point& point : line.curve->points)
                if (point.y < 0) return false;
        return true;
    }

    /// Gives all lines the same x; a line without a value there has 0.
    void align() {
        std::map<double, std::vector<double>> rows;
        for (std::size_t i = 0; i < points_.size(); ++i)
            for (const Point& point : points_[i]) {
                std::vector<double>& row = rows[point.x];
                row.resize(points_.size(), 0.0);
                row[i] = point.y;
            }
        for (std::size_t i = 0; i < points_.size(); ++i) {
            points_[i].clear();
            for (const auto& [x, row] : rows) points_[i].push_back({x, row[i]});
        }
    }

    static void add_below(std::vector<Point>& points, std::vector<double>& below) {
        below.resize(points.size());
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (std::isfinite(points[i].y)) below[i] += points[i].y;
            points[i].y = below[i];
        }
    }

    static double rounded(double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", value);
        return std::strtod(text, nullptr);
    }

    static std::string color(std::size_t i) { return "c" + std::to_string(i % palette_size); }

    std::string legend() const {
        std::string out;
        for (std::size_t i = 0; i < panel_.lines.size(); ++i) {
            const auto& points = points_[i];
            out += "<li title=\"" + html_escape(panel_.lines[i].curve->name) + "\"><i class=\"" +
                   color(i) + "\"></i>" + html_escape(panel_.lines[i].label) + " <b>" +
                   short_number(points.back().y) + "</b></li>";
        }
        return out;
    }

    std::string description() const {
        std::string out = panel_.title + ".";
        for (const PanelLine& line : panel_.lines) {
            const auto& points = line.curve->points;
            out += ' ' + line.curve->name + ": from " + short_number(points.front().y) + " to " +
                   short_number(points.back().y) + " over " + std::to_string(points.size()) +
                   " points.";
        }
        return out;
    }

    std::string line(std::size_t i) const {
        const std::string& name = panel_.lines[i].curve->name;
        const std::string tag = ' ' + color(i) + "\" data-name=\"" + html_escape(name) + "\" d=\"";
        const std::string path = svg_path(shown_[i], axis_, range_);
        if (stacked_) return "<path class=\"fill" + tag + area(i, path) + "\"/>";
        std::string out =
            "<path class=\"raw " + color(i) + "\" d=\"\"/><path class=\"line" + tag + path + "\"/>";
        if (panel_.lines[i].curve->points.size() <= sparse_points)
            out += "<path class=\"dots " + color(i) + "\" d=\"" +
                   svg_dots(shown_[i], axis_, range_) + "\"/>";
        return out;
    }

    /// Down to the zero line: the areas are painted from the highest to the lowest, each over the
    /// one before.
    std::string area(std::size_t i, std::string path) const {
        if (path.empty()) return path;
        std::replace(path.begin() + 1, path.end(), 'M',
                     'L');  // one outline, whatever is missing in between
        return path + "L" + coordinate(1000 * axis_.at(shown_[i].back().x)) + " 1000L" +
               coordinate(1000 * axis_.at(shown_[i].front().x)) + " 1000Z";
    }

    std::string bands() const {
        std::string out;
        const double width = 1000.0 / static_cast<double>(axis_.stages().size());
        for (std::size_t k = 1; k < axis_.stages().size(); k += 2)
            out += "<rect class=\"band\" x=\"" + coordinate(width * static_cast<double>(k)) +
                   "\" y=\"0\" width=\"" + coordinate(width) + "\" height=\"1000\"/>";
        return out;
    }

    std::string grid() const {
        std::string out;
        for (const double tick : round_ticks(range_, 4))
            out += "M0 " +
                   coordinate(1000 * (1 - (tick - range_.low) / (range_.high - range_.low))) +
                   "H1000";
        return out;
    }

    std::string tick_labels() const {
        std::string out;
        for (const double tick : round_ticks(range_, 4))
            out += "<span style=\"bottom:" +
                   coordinate(100 * (tick - range_.low) / (range_.high - range_.low)) + "%\">" +
                   short_number(tick) + "</span>";
        return out;
    }

    std::string stage_names() const {
        std::string out;
        for (std::size_t k = 0; k < axis_.stages().size(); ++k)
            out += "<span class=\"stage\" style=\"left:" +
                   coordinate(100 * static_cast<double>(k) /
                              static_cast<double>(axis_.stages().size())) +
                   "%\">" + html_escape(stage_title(axis_.stages()[k].name)) + "</span>";
        return out;
    }

    std::string step_labels() const {
        std::string out;
        for (std::size_t k = 0; k < axis_.stages().size(); ++k) {
            const Stage& stage = axis_.stages()[k];
            const auto label = [&](double x, std::size_t edge, const char* side) {
                const double left =
                    100 * static_cast<double>(edge) / static_cast<double>(axis_.stages().size());
                return std::string("<span class=\"") + side +
                       "\" style=\"left:" + coordinate(left) + "%\">" +
                       std::to_string(static_cast<std::int64_t>(x - stage.offset)) + "</span>";
            };
            out += label(stage.first, k, "from") + label(stage.last, k + 1, "to");
        }
        return out;
    }

    const Panel& panel_;
    StageAxis axis_;
    bool stacked_;
    std::vector<std::vector<Point>> points_;
    std::vector<std::vector<Point>> shown_;  // what is drawn: for areas the upper edge
    Range range_;
};

}  // namespace gppo
