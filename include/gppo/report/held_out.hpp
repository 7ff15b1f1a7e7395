// SPDX-License-Identifier: Apache-2.0
//
// The scores on held-out problems that a run is judged by.
#pragma once

#include <gppo/report/html_samples.hpp>
#include <gppo/report/run_files.hpp>

#include <cmath>
#include <fnmatch.h>
#include <string>

namespace gppo {

/// A share with its interval; NaN where unknown.
struct PassRate {
    double value = std::nan(""), low = std::nan(""), high = std::nan("");
};

/// The held-out pass@1 at "before sft", "after sft", "before rl" or "after rl": of summary.json,
/// else of the evaluations in metrics.jsonl.
inline PassRate held_out_score(const RunFiles& run, const std::string& when) {
    if (const auto all = run.summary.find("evaluations");
        all != run.summary.end() && all->is_object())
        if (const auto at = all->find(when); at != all->end() && at->is_object())
            return {sample_number(*at, "pass@1"), sample_number(*at, "low"),
                    sample_number(*at, "high")};
    if (run.stages.empty()) return {};
    const bool has_sft = run.stages.front().name == "sft", has_rl = run.stages.back().name == "rl";
    if (when.ends_with("sft") ? !has_sft : !has_rl || (when == "before rl" && has_sft)) return {};
    const Stage& stage = when.ends_with("sft") ? run.stages.front() : run.stages.back();
    const double x = when.starts_with("before") ? stage.first : stage.last;
    for (const char* pattern : {"val/*pass@1", "val/*acc"})
        for (const Curve& curve : run.curves)
            if (::fnmatch(pattern, curve.name.c_str(), 0) == 0)
                for (const Point& point : curve.points)
                    if (point.x == x && std::isfinite(point.y)) return {point.y};
    return {};
}

}  // namespace gppo
