// SPDX-License-Identifier: Apache-2.0
//
// Sample: one prompt and what the model answered, with the parts of its reward. Kept in
// samples.jsonl, one a line, so that a person can read what the numbers mean.
#pragma once

#include <gppo/report/log_file.hpp>
#include <gppo/report/metrics.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

struct Sample {
    Index step = 0;
    std::string stage = {};  // "before sft", "after sft", "rl", "after rl", …
    std::string prompt = {};
    std::string completion = {};
    std::string gold = {};       // the right answer
    std::string extracted = {};  // the answer found in the completion; empty if none
    double reward = 0;
    std::vector<std::pair<std::string, double>> reward_parts = {};
    Index tokens = 0;        // length of the completion
    bool truncated = false;  // stopped by the length limit
};

/// The sample as one JSON object. Bytes that are not UTF-8 become U+FFFD.
inline std::string sample_line(const Sample& sample) {
    const auto number = [](double value) {
        return std::isfinite(value) ? shortest(value) : std::string("null");
    };
    std::string parts;
    for (const auto& [name, value] : sample.reward_parts)
        parts += (parts.empty() ? "" : ",") + json_string(name) + ':' + number(value);
    return "{\"step\":" + std::to_string(sample.step) + ",\"stage\":" + json_string(sample.stage) +
           ",\"prompt\":" + json_string(sample.prompt) +
           ",\"completion\":" + json_string(sample.completion) +
           ",\"gold\":" + json_string(sample.gold) +
           ",\"extracted\":" + json_string(sample.extracted) +
           ",\"reward\":" + number(sample.reward) + ",\"reward_parts\":{" + parts +
           "},\"tokens\":" + std::to_string(sample.tokens) +
           ",\"truncated\":" + (sample.truncated ? "true" : "false") + '}';
}

/// samples.jsonl of one run directory, which must exist.
class SamplesLog {
  public:
    SamplesLog() = default;

    /// Appends.
    explicit SamplesLog(const std::filesystem::path& run_dir) : file_(run_dir / "samples.jsonl") {}

    /// Continues after exactly `lines` lines; later ones are removed. Error if the file is shorter.
    static SamplesLog resume(const std::filesystem::path& run_dir, std::uint64_t lines) {
        SamplesLog log;
        log.file_ = LogFile(run_dir / "samples.jsonl", lines);
        return log;
    }

    void write(const Sample& sample) { file_.append(sample_line(sample)); }

    /// Lines so far, all on the disk: what a checkpoint stores.
    std::uint64_t position() const {
        file_.sync();
        return file_.lines();
    }

  private:
    LogFile file_;
};

}  // namespace gppo
