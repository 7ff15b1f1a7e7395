// SPDX-License-Identifier: Apache-2.0
//
// What lies in run.dir besides the logs that are open.
#pragma once

#include <filesystem>

/// Removes what a run writes, and nothing else. The checkpoints go in one step: half of them must
/// not look like a run to resume.
void remove_run(const std::filesystem::path& dir);

/// What killed processes left half written.
void remove_leftovers(const std::filesystem::path& dir);

/// Whether the metrics in `path` go beyond the evaluation before step 1.
bool has_steps(const std::filesystem::path& path);
