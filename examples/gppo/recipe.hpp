// SPDX-License-Identifier: Apache-2.0
//
// A recipe: one TOML file whose [[stage]] tables run one after the other in one run directory, each
// with the configuration of the file and its own changes, and whose [scale.NAME] tables are other
// sizes of the same. Who wins, from last to first:
//   defaults < [section] < [scale.X.section] < [[stage]] < [scale.X.stage.NAME] < --set section.key
//   < --set stage.NAME.section.key
#pragma once

#include "config.hpp"

#include <gppo/core/error.hpp>

#include <string>
#include <vector>

/// When a stage ends before its last step.
struct UntilConfig {
    std::int64_t steps = 0;
    double pass_rate = 0.0;
    std::int64_t window = 1;
    double evaluation = 0.0;
};

/// When a stage begins at all.
struct EnterConfig {
    bool skip = false;
    double from = 0.0;
    double below = 2.0;
};

inline void describe(FieldList& add, UntilConfig& c) {
    add("steps", c.steps, "ends after so many steps; 0 leaves it to sft.steps or rl.steps",
        at_least(0));
    add("pass_rate", c.pass_rate,
        "rl: ends when so large a share of the completions is right; 0 never", between(0, 1));
    add("window", c.window, "steps over which that share is averaged", at_least(1));
    add("evaluation", c.evaluation, "ends when an evaluation reaches this pass@1; 0 never",
        between(0, 1));
}

inline void describe(FieldList& add, EnterConfig& c) {
    add("skip", c.skip, "the stage is left out, for instance at one scale");
    add("from", c.from, "the stage is left out where the held-out pass@1 before it is lower",
        between(0, 1));
    add("below", c.below, "the stage is left out where it is not below this", above(0));
}

struct RecipeStage {
    std::string name, kind;  // kind: sft, reward or rl
    Config config;
    UntilConfig until;
    EnterConfig enter;

    /// The key of its kind.
    std::int64_t& steps() {
        if (kind == "reward") return config.reward_model.steps;
        return kind == "sft" ? config.sft.steps : config.rl.steps;
    }
    std::int64_t steps() const { return const_cast<RecipeStage&>(*this).steps(); }
};

/// Every key of a stage's tables. The list points into it.
FieldList stage_fields(RecipeStage& stage);

struct Recipe {
    std::vector<RecipeStage> stages;

    /// Reads and checks all of it; Error with file, line, stage and key. `scale` may be empty where
    /// the file has none.
    static Recipe read(const std::string& file, const std::string& scale,
                       const Strings& assignments);

    /// f(stage) for each; what one throws is given its stage's name.
    template <class F>
    void for_stages(F f) const {
        for (const RecipeStage& stage : stages) {
            try {
                f(stage);
            } catch (const gppo::Error& error) {
                throw gppo::Error("stage " + stage.name + ": " + error.what());
            }
        }
    }
};
