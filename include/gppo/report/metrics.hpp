// SPDX-License-Identifier: Apache-2.0
//
// Metrics: the numbers of one step, and the two files they go to. metrics.jsonl holds only values
// that a second run with the same seed reproduces; wall-clock values (names starting timing_s/ or
// perf/) go to timing.jsonl. Names are verl's (`actor/pg_loss`, `critic/rewards/mean`,
// `response_length/mean`, …), so dashboards carry over.
#pragma once

#include <gppo/core/view.hpp>
#include <gppo/report/log_file.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// Named values of one step, in the order they were first set.
struct Metrics {
    Index step = 0;
    std::string stage = {};  // "sft", "rl" or "eval"
    std::vector<std::pair<std::string, double>> values = {};

    /// The value called `name`, added as 0 if absent.
    double& operator[](std::string_view name) {
        for (auto& [key, value] : values)
            if (key == name) return value;
        return values.emplace_back(std::string(name), 0.0).second;
    }

    /// Null if there is none.
    const double* find(std::string_view name) const noexcept {
        for (const auto& [key, value] : values)
            if (key == name) return &value;
        return nullptr;
    }
};

/// Whether a value depends on the clock and so belongs in timing.jsonl.
constexpr bool is_wall_clock(std::string_view name) noexcept {
    return name.starts_with("timing_s/") || name.starts_with("perf/");
}

/// The shortest decimal that reads back as exactly `value`. `value` must be finite.
inline std::string shortest(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

/// `text` as a JSON string literal; bytes that are not UTF-8 become U+FFFD.
inline std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// One JSON object with the step, the stage and those values for which is_wall_clock(name) ==
/// `wall_clock`. NaN and infinities, which JSON cannot hold, become null and are named in a
/// `warnings` list.
inline std::string metrics_line(const Metrics& metrics, bool wall_clock) {
    std::string line =
        "{\"step\":" + std::to_string(metrics.step) + ",\"stage\":" + json_string(metrics.stage);
    std::string warnings;
    for (const auto& [name, value] : metrics.values) {
        if (is_wall_clock(name) != wall_clock) continue;
        const std::string key = json_string(name);
        line += ',' + key + ':' + (std::isfinite(value) ? shortest(value) : "null");
        if (!std::isfinite(value)) warnings += (warnings.empty() ? "" : ",") + key;
    }
    if (!warnings.empty()) line += ",\"warnings\":[" + warnings + ']';
    return line + '}';
}

/// metrics.jsonl and timing.jsonl of one run directory.
class MetricsLog {
  public:
    /// How much of both files a checkpoint knows. Line counts, so equal runs store equal cursors.
    struct Cursor {
        std::uint64_t metrics = 0;  // lines
        std::uint64_t timing = 0;   // lines
        bool operator==(const Cursor&) const = default;
    };

    MetricsLog() = default;

    /// Appends to the files of `run_dir`, which is created if absent.
    explicit MetricsLog(const std::filesystem::path& run_dir)
        : metrics_(made(run_dir) / "metrics.jsonl"), timing_(run_dir / "timing.jsonl") {}

    /// Continues the files of `run_dir` after exactly the lines before `cursor`; later lines are
    /// removed. `Cursor{}` starts over. Error if a file is shorter than that.
    static MetricsLog resume(const std::filesystem::path& run_dir, Cursor cursor) {
        MetricsLog log;
        log.metrics_ = LogFile(made(run_dir) / "metrics.jsonl", cursor.metrics);
        log.timing_ = LogFile(run_dir / "timing.jsonl", cursor.timing);
        return log;
    }

    /// One line to each file (timing.jsonl only if there are wall-clock values). Error naming the
    /// file if it is full.
    void write(const Metrics& metrics) {
        metrics_.append(metrics_line(metrics, false));
        for (const auto& [name, value] : metrics.values)
            if (is_wall_clock(name)) return timing_.append(metrics_line(metrics, true));
    }

    /// For the checkpoint. Everything before it is on the disk when this returns.
    Cursor position() const {
        metrics_.sync();
        timing_.sync();
        return {metrics_.lines(), timing_.lines()};
    }

  private:
    static const std::filesystem::path& made(const std::filesystem::path& run_dir) {
        std::error_code failure;
        std::filesystem::create_directories(run_dir, failure);
        if (failure)
            throw Error(run_dir.string() +
                        ": cannot create the run directory: " + failure.message());
        return run_dir;
    }

    LogFile metrics_;
    LogFile timing_;
};

}  // namespace gppo
