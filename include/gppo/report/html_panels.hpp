// SPDX-License-Identifier: Apache-2.0
//
// Which metric is drawn where. A panel claims names by shell patterns; what no panel claims gets a
// panel of its own at the end, so a new metric shows up in the report without a change here.
#pragma once

#include <gppo/report/run_files.hpp>

#include <algorithm>
#include <fnmatch.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct PanelLine {
    const Curve* curve = nullptr;
    std::string label = {};
};

struct Panel {
    std::string id;
    std::string title;
    std::string note;                   // one sentence for a reader who does not know the field
    bool stacked = false;               // areas on top of each other
    bool other = false;                 // claimed by no pattern
    std::vector<PanelLine> lines = {};  // at least one
};

/// A panel before it is known which of its metrics a run has.
struct PanelPlan {
    const char* id;
    const char* title;
    const char* note;
    std::vector<const char*> patterns;
    bool stacked = false;
};

/// In the order of the page. The first panel whose pattern fits a name gets it; "other" stands for
/// a panel of its own.
inline const std::vector<PanelPlan>& panel_plans() {
    static const std::vector<PanelPlan> plans = {
        // The extremes of a 0/1 reward are 0 and 1: they would flatten the mean.
        {"other", "", "", {"critic/rewards/m[ai][xn]", "critic/score/m[ai][xn]"}},
        {"reward",
         "Reward",
         "Mean over the completions of a step.",
         {"critic/rewards/*", "reward/mean", "reward/part/*"}},
        {"pass_rate",
         "Pass rate",
         "Share of completions the verifier accepts; dots are held-out problems.",
         {"critic/score/*", "*pass_rate*", "*pass@*", "val/*acc", "val/*avg@*", "*accuracy*"}},
        {"entropy",
         "Entropy",
         "Of the policy per token, in nats. A fall to zero ends exploration.",
         {"actor/entropy*", "*entropy"}},
        // Most tokens are in range; next to them the regions would be a line at the bottom.
        {"other", "", "", {"*in_range*"}},
        {"region_gradient",
         "Clip regions: gradient",
         "Share of the gradient mass Σ|weight| each region carries.",
         {"gppo/grad*/*", "gppo/mass*/*", "*region*grad*", "*region*mass*", "*/r[1-4]*grad*",
          "*/r[1-4]*mass*", "*/dual*grad*", "*/dual*mass*"},
         true},
        {"region_count",
         "Clip regions: tokens",
         "Share of tokens in each region of ratio and advantage sign.",
         {"gppo/count*/*", "gppo/token*/*", "*region*", "*/r[1-4]", "*/r[1-4][/_]*", "*/dual*"},
         true},
        {"clip_fraction",
         "Clip fractions",
         "Share of tokens outside the clip range.",
         {"actor/*clipfrac*", "gppo/frac*", "gppo/grad_share_clipped"}},
        {"length",
         "Response length",
         "In tokens.",
         {"response_length/m*", "val/*response_length*"}},
        {"truncated",
         "Truncated",
         "Share of completions stopped by the length limit.",
         {"response_length/clip_ratio", "response/aborted_ratio", "val/*clip_ratio",
          "*truncated*"}},
        {"loss",
         "Loss",
         "Cross-entropy in SFT, the surrogate's in RL.",
         {"actor/*loss*", "*/loss", "loss"}},
        {"kl",
         "KL divergence",
         "Between the policy now and before the step, or a reference.",
         {"actor/*kl*", "*/kl", "kl"}},
        {"mismatch",
         "Rollout–trainer mismatch",
         "|Δ log-prob| between sampling and training. Rounding is about 1e-6.",
         {"rollout/*", "*mismatch*"}},
        {"ratio",
         "Importance ratio",
         "π/π_old per token.",
         {"actor/ratio*", "ratio/*", "gppo/ratio*"}},
        {"grad_norm", "Gradient norm", "Before clipping.", {"*grad_norm*"}},
        {"lr", "Learning rate", "", {"actor/lr", "*/lr", "lr"}},
        {"groups",
         "Groups",
         "A group whose completions all got the same reward teaches nothing.",
         {"group/*", "groups/*", "*all_right*", "*all_wrong*", "train/kept_ratio"}},
        {"answers",
         "Answers",
         "Share of completions in the right format, and of those without a readable answer.",
         {"reward/*_ratio"}},
        {"advantage", "Advantage", "", {"critic/advantages/*"}},
        {"step_time", "Time per step", "In seconds.", {"timing_s/step"}},
        // An evaluation or a checkpoint now and then is not part of a step.
        {"other",
         "",
         "",
         {"timing_s/eval*", "timing_s/val*", "timing_s/test*", "timing_s/save*",
          "timing_s/check*"}},
        {"timing", "Time by part", "Seconds of a step.", {"timing_s/*"}, true},
        {"throughput",
         "Throughput",
         "Tokens per second.",
         {"perf/*throughput*", "perf/*tokens_per_s*", "perf/*tok*_s"}},
    };
    return plans;
}

/// The end of a name that tells it from its neighbours: "critic/rewards/mean" → "mean",
/// "timing_s/gen" → "gen".
inline std::string short_label(const std::string& name) {
    static const std::map<std::string_view, const char*> regions = {
        {"r1", "R1: A>0, r low"},
        {"r2", "R2: A>0, r high"},
        {"r3", "R3: A<0, r low"},
        {"r4", "R4: A<0, r high"},
        {"dual", "A<0, r over the cap"}};
    if (name.starts_with("val/")) return "held-out " + name.substr(4);
    const std::size_t last = name.rfind('/');
    std::string tail = last == std::string::npos ? name : name.substr(last + 1);
    if (const auto region = regions.find(tail); region != regions.end()) return region->second;
    const bool vague = tail == "mean" || tail == "max" || tail == "min" || tail == "count" ||
                       tail.starts_with("pass@") || tail == "acc";
    if (!vague || last == std::string::npos) return tail;
    const std::size_t before = name.rfind('/', last - 1);
    return name.substr(before == std::string::npos ? 0 : before + 1);
}

/// The name of the metric, also for a curve that stands for another run.
inline std::string base_name(const Curve& curve) {
    if (curve.other_run.empty()) return curve.name;
    return curve.name.substr(0,
                             curve.name.size() - comparison_mark.size() - curve.other_run.size());
}

/// The panels of a run: only those with something to draw. Curves of other runs join as lines;
/// areas and the panels at the end are of this run alone.
inline std::vector<Panel> choose_panels(const RunFiles& run) {
    std::vector<Panel> panels;
    for (const PanelPlan& plan : panel_plans())
        panels.push_back({plan.id, plan.title, plan.note, plan.stacked});
    std::vector<Panel> rest;
    for (const Curve& curve : run.curves) {
        const auto& plans = panel_plans();
        const std::string name = base_name(curve);
        const auto at = std::find_if(plans.begin(), plans.end(), [&](const PanelPlan& plan) {
            return std::any_of(
                plan.patterns.begin(), plan.patterns.end(),
                [&](const char* pattern) { return ::fnmatch(pattern, name.c_str(), 0) == 0; });
        });
        const bool placed = at != plans.end() && std::string_view(at->id) != "other";
        const std::string label = short_label(name) + curve.name.substr(name.size());
        if (!curve.other_run.empty() && (!placed || at->stacked)) continue;
        if (placed)
            panels[static_cast<std::size_t>(at - plans.begin())].lines.push_back({&curve, label});
        else
            rest.push_back({"other_" + std::to_string(rest.size()),
                            curve.name,
                            "",
                            false,
                            true,
                            {{&curve, label}}});
    }
    std::erase_if(panels, [](const Panel& panel) { return panel.lines.empty(); });
    panels.insert(panels.end(), rest.begin(), rest.end());
    return panels;
}

}  // namespace gppo
