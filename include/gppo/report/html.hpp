// SPDX-License-Identifier: Apache-2.0
//
// report.html: one file that tells what a run did, to be opened offline, mailed and kept. No
// external address, the curves are there without JavaScript, and what the model wrote cannot break
// out of its cell.
//
// summary.json, where present, may hold: "title", "status", "seed", "parameters", "wall_seconds",
// and "evaluations" with any of "before sft", "after sft", "before rl", "after rl", each {"pass@1",
// "low", "high"} (95 % interval). Every other plain value in it is listed as it is.
#pragma once

#include <gppo/core/file.hpp>
#include <gppo/report/compare.hpp>
#include <gppo/report/held_out.hpp>
#include <gppo/report/html_chart.hpp>
#include <gppo/report/html_samples.hpp>
#include <gppo/report/html_script.hpp>
#include <gppo/report/html_style.hpp>
#include <gppo/report/progress.hpp>
#include <gppo/report/run_files.hpp>

#include <array>
#include <cmath>
#include <filesystem>
#include <fnmatch.h>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// The page, part by part.
class HtmlReport {
  public:
    explicit HtmlReport(const RunFiles& run) : run_(run), panels_(choose_panels(run)) {}

    std::string page() const {
        std::string out =
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
            "name=\"viewport\" "
            "content=\"width=device-width, initial-scale=1\"><meta name=\"generator\" "
            "content=\"gppo\">"
            "<link rel=\"icon\" href=\"data:,\"><title>" +
            html_escape(title()) + " · gppo report</title><style>" + html_style +
            "</style></head>\n<body>" + header() + "<main>" + result() + cards() + charts();
        const std::string pairs = html_before_after(run_);
        if (!pairs.empty()) out += "<h2>Before and after</h2>" + pairs;
        if (!run_.samples.empty()) out += "<h2>Samples</h2>" + html_sample_table(run_);
        return out + config() +
               "</main><footer>Written by gppo. Numbers: metrics.jsonl, timing.jsonl and "
               "samples.jsonl "
               "beside this file.</footer><script type=\"application/json\" id=\"data\">" +
               script_json(data()) + "</script><script>" + html_script +
               "</script></body></html>\n";
    }

  private:
    std::string title() const {
        const auto at = run_.summary.find("title");
        return at != run_.summary.end() && at->is_string() ? at->get<std::string>() : run_.name;
    }

    std::string header() const {
        std::string steps;
        for (const Stage& stage : run_.stages)
            steps += (steps.empty() ? "" : ", then ") +
                     std::to_string(static_cast<std::int64_t>(stage.last - stage.first) + 1) +
                     " steps of " + html_escape(stage_title(stage.name));
        std::string out = "<header><h1>" + html_escape(title()) + "</h1><p class=\"lead\">" +
                          steps + "</p><dl class=\"facts\">";
        const auto fact = [&](const std::string& name, const std::string& value) {
            out +=
                "<div><dt>" + html_escape(name) + "</dt><dd>" + html_escape(value) + "</dd></div>";
        };
        double wall = sample_number(run_.summary, "wall_seconds");
        if (const Curve* step = run_.curve("timing_s/step"); std::isnan(wall) && step != nullptr) {
            wall = 0;
            for (const Point& point : step->points) wall += std::isfinite(point.y) ? point.y : 0;
        }
        if (std::isfinite(wall)) fact("wall time", duration_text(wall));
        for (const auto& [name, value] : run_.summary.items()) {
            if (name == "title" || name == "wall_seconds" || value.is_structured() ||
                value.is_null())
                continue;
            const bool large =
                value.is_number() &&
                (std::abs(value.template get<double>()) >= 1e4 || value.is_number_float());
            fact(name, large ? short_number(value.template get<double>())
                             : sample_text(run_.summary, name.c_str()));
        }
        out += "</dl>";
        for (std::size_t i = 0; i < run_.warnings.size() && i < 5; ++i)
            out += "<p class=\"warnings\">" + html_escape(run_.warnings[i]) + "</p>";
        if (run_.warnings.size() > 5)
            out += "<p class=\"warnings\">… and " + std::to_string(run_.warnings.size() - 5) +
                   " more</p>";
        return out + "</header>";
    }

    std::string result() const {
        std::string out;
        PassRate before;
        const std::array<std::array<const char*, 2>, 4> stations = {{{"before sft", "Before SFT"},
                                                                     {"after sft", "After SFT"},
                                                                     {"before rl", "Before RL"},
                                                                     {"after rl", "After RL"}}};
        for (const auto& [key, label] : stations) {
            const PassRate score = held_out_score(run_, key);
            if (!std::isfinite(score.value)) continue;
            out += station(label, score, before);
            before = score;
        }
        return out.empty() ? out
                           : "<h2>Held-out pass@1</h2><section class=\"result\" "
                             "aria-label=\"Held-out pass@1\">" +
                                 out + "</section>";
    }

    static std::string station(const char* label, const PassRate& score, const PassRate& before) {
        const auto percent = [](double share) {
            char text[32];
            std::snprintf(text, sizeof text, "%.1f", 100 * share);
            return std::string(text);
        };
        std::string note, interval;
        if (std::isfinite(before.value)) {
            const double gain = score.value - before.value;
            note = std::string("<span class=\"") + (gain < 0 ? "loss\">−" : "gain\">+") +
                   percent(std::abs(gain)) + "</span> points";
        }
        if (std::isfinite(score.low) && std::isfinite(score.high)) {
            note += std::string(note.empty() ? "" : " · ") + "95 % interval " + percent(score.low) +
                    "–" + percent(score.high);
            interval = "<b style=\"left:" + percent(score.low) +
                       "%;right:" + percent(1 - score.high) + "%\"></b>";
        }
        return "<div><h3>" + std::string(label) + "</h3><p class=\"big\">" + percent(score.value) +
               "<small>%</small></p><p>" + note +
               "</p><div class=\"meter\" aria-hidden=\"true\"><i style=\"width:" +
               percent(std::clamp(score.value, 0.0, 1.0)) + "%\"></i>" + interval + "</div></div>";
    }

    /// The last value of what matters most, each with a small curve.
    std::string cards() const {
        static const std::vector<std::pair<const char*, const char*>> wanted = {
            {"Reward", "critic/rewards/mean"},
            {"Training pass rate", "critic/score/mean"},
            {"Entropy", "actor/entropy*"},
            {"Response length", "response_length/mean"},
            {"KL to old policy", "actor/ppo_kl"},
            {"Clipped tokens' gradient", "gppo/grad_share_clipped"},
            {"Rollout mismatch", "rollout/*max*"},
            {"Tokens per second", "perf/*throughput*"},
            {"Loss", "*/loss"},
            {"Gradient norm", "actor/grad_norm"},
            {"Learning rate", "actor/lr"}};
        std::string out;
        int count = 0;
        for (const auto& [label, pattern] : wanted)
            for (const Curve& curve : run_.curves)
                if (::fnmatch(pattern, curve.name.c_str(), 0) == 0) {
                    if (++count <= 8) out += card(label, curve);
                    break;
                }
        return out.empty()
                   ? out
                   : "<section class=\"cards\" aria-label=\"Last values\">" + out + "</section>";
    }

    /// Of the last stage that has the value: an earlier one's numbers mean something else.
    std::string card(const char* label, const Curve& whole) const {
        Curve curve = whole;
        const double end = curve.points.back().x;
        for (const Stage& stage : run_.stages)
            if (end >= stage.first)
                std::erase_if(curve.points,
                              [&](const Point& point) { return point.x < stage.first; });
        const Panel panel{"", "", "", false, false, {{&curve, ""}}};
        const StageAxis axis(run_, panel);
        const auto points = thin_extremes(curve.points, 120);
        std::vector<double> values;
        values.reserve(points.size());
        for (const Point& point : points) values.push_back(point.y);
        const std::string path = svg_path(points, axis, chart_range(values));
        const std::string under = path.find('M', 1) == std::string::npos && !path.empty()
                                      ? "<path class=\"under c0\" d=\"" + path + "L" +
                                            coordinate(1000 * axis.at(points.back().x)) + " 1000L" +
                                            coordinate(1000 * axis.at(points.front().x)) +
                                            " 1000Z\"/>"
                                      : "";
        return "<div class=\"card\"><h3>" + std::string(label) + "</h3><p>" +
               short_number(points.back().y) + " <small>from " + short_number(points.front().y) +
               "</small></p><svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\">" +
               under + "<path class=\"line c0\" d=\"" + path + "\"/></svg></div>";
    }

    std::string charts() const {
        std::string main_panels, other;
        for (const Panel& panel : panels_)
            (panel.other ? other : main_panels) += PanelChart(run_, panel).html();
        std::string out =
            "<h2>Curves</h2><div class=\"tools\"><label>Smoothing <input id=\"smooth\" "
            "type=\"range\" min=\"0\" "
            "max=\"0.98\" step=\"0.02\" value=\"0\"><output>off</output></label><label><input "
            "id=\"log\" "
            "type=\"checkbox\"> Logarithmic y</label><span class=\"where\" id=\"where\" "
            "aria-live=\"polite\">"
            "</span></div><div class=\"panels\">" +
            main_panels + "</div>";
        if (!other.empty())
            out += "<details><summary>More metrics</summary><div class=\"panels\">" + other +
                   "</div></details>";
        return out;
    }

    std::string config() const {
        if (run_.config.empty()) return {};
        std::string out = "<h2>Configuration</h2><div class=\"config\">";
        const auto row = [](const std::string& name, const nlohmann::ordered_json& value) {
            const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            return "<div><dt>" + html_escape(name) + "</dt><dd>" +
                   html_escape(shortened(text, 300)) + "</dd></div>";
        };
        std::string plain;
        for (const auto& [section, values] : run_.config.items()) {
            if (!values.is_object()) {
                plain += row(section, values);
                continue;
            }
            out += "<section><h4>" + html_escape(section) + "</h4><dl>";
            for (const auto& [name, value] : values.items()) out += row(name, value);
            out += "</dl></section>";
        }
        return out + (plain.empty() ? "" : "<section><dl>" + plain + "</dl></section>") + "</div>";
    }

    nlohmann::ordered_json data() const {
        auto stages = nlohmann::ordered_json::array(), panels = stages;
        for (const Stage& stage : run_.stages)
            stages.push_back({{"title", stage_title(stage.name)},
                              {"first", stage.first},
                              {"last", stage.last},
                              {"offset", stage.offset}});
        for (const Panel& panel : panels_) panels.push_back(PanelChart(run_, panel).json());
        return {{"stages", stages}, {"panels", panels}};
    }

    const RunFiles& run_;
    std::vector<Panel> panels_;
};

/// The whole page. The same run gives the same bytes.
inline std::string html_report(const RunFiles& run) {
    return HtmlReport(run).page();
}

/// Writes report.html into `run_dir` from what lies there, with the curves of `others` beside its
/// own. A failed write leaves an older report as it was.
inline void write_report(const std::filesystem::path& run_dir,
                         const std::vector<std::filesystem::path>& others = {}) {
    RunFiles run = read_run(run_dir);
    for (const std::filesystem::path& other : others) add_comparison(run, read_run(other));
    write_file(run_dir / "report.html", html_report(run));
}

}  // namespace gppo
