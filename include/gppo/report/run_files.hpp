// SPDX-License-Identifier: Apache-2.0
//
// RunFiles: what a run directory says, read back: metrics.jsonl and timing.jsonl as curves over one
// x-axis, samples.jsonl, summary.json and config.json. A run that is still going or was killed is
// fine: an unfinished last line is ignored, and of the files only metrics.jsonl must exist.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/report/curve.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// Consecutive steps of one kind. x runs over all stages; a stage's own step number is x - offset.
struct Stage {
    std::string name;
    double first = 0, last = 0;  // x
    double offset = 0;
};

/// "SFT" for "sft", "RL" for "rl"; other names as they are.
inline std::string stage_title(const std::string& name) {
    return name == "sft" ? "SFT" : name == "rl" ? "RL" : name;
}

struct RunFiles {
    std::string name;
    nlohmann::ordered_json config = nlohmann::ordered_json::object();
    nlohmann::ordered_json summary = nlohmann::ordered_json::object();
    std::vector<Curve> curves = {};
    std::vector<Stage> stages = {};
    std::vector<nlohmann::ordered_json> samples = {};
    std::vector<std::string> warnings = {};

    /// Null if there is none or it has no points.
    const Curve* curve(const std::string& wanted) const {
        for (const Curve& each : curves)
            if (each.name == wanted) return &each;
        return nullptr;
    }
};

/// Every line of a JSON Lines file; empty if the file is absent. A last line without a newline is
/// left out. Error naming the file and the line if another one is not a JSON object.
inline std::vector<nlohmann::ordered_json> read_json_lines(const std::filesystem::path& path) {
    std::vector<nlohmann::ordered_json> rows;
    if (!std::filesystem::exists(path)) return rows;
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(path.string() + ": cannot open");
    std::string line;
    for (std::size_t number = 1; std::getline(file, line) && !file.eof(); ++number) {
        if (line.empty()) continue;
        rows.push_back(nlohmann::ordered_json::parse(line, nullptr, false));
        if (!rows.back().is_object())
            throw Error(path.string() + ":" + std::to_string(number) +
                        ": not a JSON object: remove the line");
    }
    return rows;
}

/// A JSON object; an empty one if the file is absent.
inline nlohmann::ordered_json read_json_object(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return nlohmann::ordered_json::object();
    std::ifstream file(path, std::ios::binary);
    auto object = nlohmann::ordered_json::parse(file, nullptr, false);
    if (!object.is_object()) throw Error(path.string() + ": not a JSON object");
    return object;
}

/// Puts the lines of metrics.jsonl, then those of timing.jsonl, on one x-axis.
class RunReader {
  public:
    explicit RunReader(RunFiles& run) : run_(run) {}

    /// A stage whose steps start again continues where the last one ended. Lines of stage "eval"
    /// belong to the last step that trained.
    void read_metrics(const std::vector<nlohmann::ordered_json>& rows) {
        for (const auto& row : rows) {
            const std::string stage = row.value("stage", std::string("run"));
            const double step = row.value("step", 0.0);
            if (stage != "eval") {
                if (run_.stages.empty() || run_.stages.back().name != stage)
                    start_stage(stage, step);
                run_.stages.back().last =
                    std::max(run_.stages.back().last, step + run_.stages.back().offset);
            }
            const bool before_all = run_.stages.empty();
            const double x = stage == "eval" ? (before_all ? std::nan("") : run_.stages.back().last)
                                             : step + run_.stages.back().offset;
            position_.emplace(std::pair(stage, step), x);
            add_values(row, x);
            for (const auto& name : row.value("warnings", nlohmann::ordered_json::array()))
                run_.warnings.push_back(
                    stage + " step " + row.value("step", nlohmann::ordered_json(0)).dump() + ": " +
                    (name.is_string() ? name.get<std::string>() : name.dump()) + " is not finite");
        }
        settle_early_points();
    }

    void read_timing(const std::vector<nlohmann::ordered_json>& rows) {
        for (const auto& row : rows) {
            const auto at =
                position_.find({row.value("stage", std::string("run")), row.value("step", 0.0)});
            if (at != position_.end()) add_values(row, at->second);
        }
        settle_early_points();
    }

  private:
    void start_stage(const std::string& name, double step) {
        double offset = run_.stages.empty() ? 0.0 : run_.stages.back().offset;
        if (!run_.stages.empty() && step + offset <= run_.stages.back().last)
            offset = run_.stages.back().last + 1 - step;
        run_.stages.push_back({name, step + offset, step + offset, offset});
    }

    void add_values(const nlohmann::ordered_json& row, double x) {
        for (const auto& [name, value] : row.items()) {
            if (name == "step" || name == "stage" || !(value.is_number() || value.is_null()))
                continue;
            auto [at, is_new] = index_.try_emplace(name, run_.curves.size());
            if (is_new) run_.curves.push_back({name});
            auto& points = run_.curves[at->second].points;
            points.push_back({x, value.is_null() ? std::nan("") : value.template get<double>()});
        }
    }

    /// An evaluation before the first step is drawn at that step.
    void settle_early_points() {
        for (Curve& curve : run_.curves)
            for (Point& point : curve.points)
                if (std::isnan(point.x))
                    point.x = run_.stages.empty() ? 0.0 : run_.stages.front().first;
    }

    RunFiles& run_;
    std::map<std::string, std::size_t> index_;
    std::map<std::pair<std::string, double>, double> position_;
};

/// Reads a run directory. Errors name the file.
inline RunFiles read_run(const std::filesystem::path& dir) {
    if (!std::filesystem::is_directory(dir)) throw Error(dir.string() + ": no such run directory");
    if (!std::filesystem::exists(dir / "metrics.jsonl"))
        throw Error((dir / "metrics.jsonl").string() +
                    ": not found: is this the directory of a run?");
    RunFiles run{.name = std::filesystem::canonical(dir).filename().string()};
    run.config = read_json_object(dir / "config.json");
    run.summary = read_json_object(dir / "summary.json");
    run.samples = read_json_lines(dir / "samples.jsonl");
    try {
        RunReader reader(run);
        reader.read_metrics(read_json_lines(dir / "metrics.jsonl"));
        reader.read_timing(read_json_lines(dir / "timing.jsonl"));
    } catch (const nlohmann::json::exception& problem) {
        throw Error(dir.string() + ": metrics.jsonl or timing.jsonl: " + problem.what());
    }
    return run;
}

}  // namespace gppo
