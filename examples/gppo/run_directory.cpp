// SPDX-License-Identifier: Apache-2.0
#include "run_directory.hpp"

#include <gppo/core/file.hpp>
#include <gppo/train/checkpoint.hpp>

#include <string>
#include <string_view>

namespace fs = std::filesystem;

void remove_run(const fs::path& dir) {
    std::error_code none;
    const fs::path doomed = dir / "checkpoints.removed";
    fs::remove_all(doomed);
    fs::rename(dir / "checkpoints", doomed, none);
    for (const char* name :
         {"checkpoints.removed", "checkpoints", "model", "adapter", "base", "served", "reference",
          "metrics.jsonl", "timing.jsonl", "samples.jsonl", "summary.json", "config.json",
          "report.html", "reward_model", "pairs.jsonl", "held_out_scores.jsonl"})
        fs::remove_all(dir / name);
    for (const auto& entry : fs::directory_iterator(dir, none))
        if (entry.path().filename().string().starts_with("events.out.tfevents."))
            fs::remove(entry.path());
}

void remove_leftovers(const fs::path& dir) {
    for (const fs::path& place : {dir, dir / "model", dir / "adapter", dir / "base", dir / "served",
                                  dir / "reference", dir / "reward_model"})
        gppo::remove_stale_files(place);
    gppo::remove_stale_checkpoints(dir / "checkpoints");
    fs::remove_all(dir / "checkpoints.removed");
}

bool has_steps(const fs::path& path) {
    if (!fs::exists(path)) return false;
    const std::string text = gppo::read_file(path);
    const auto end = text.rfind('\n');  // a line without end was never finished
    if (end == std::string::npos) return false;
    const auto begin = text.rfind('\n', end - 1);
    return !std::string_view(text)
                .substr(begin == std::string::npos ? 0 : begin + 1)
                .starts_with("{\"step\":0,");
}
