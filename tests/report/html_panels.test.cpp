// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/html_panels.hpp>

namespace {

/// The panel a metric of this name is drawn in.
std::string panel_of(const std::string& name) {
    gppo::RunFiles run;
    run.curves = {{name, {{0, 1}}}};
    const auto panels = gppo::choose_panels(run);
    REQUIRE(panels.size() == 1);
    return panels[0].other ? "other" : panels[0].id;
}

}  // namespace

TEST_CASE("every name of docs/metrics.md finds its panel", "[report][html]") {
    CHECK(panel_of("critic/rewards/mean") == "reward");
    CHECK(panel_of("critic/score/mean") == "pass_rate");
    CHECK(panel_of("val/arithmetic/acc") == "pass_rate");
    CHECK(panel_of("val/arithmetic/response_length") == "length");
    CHECK(panel_of("val/arithmetic/clip_ratio") == "truncated");
    CHECK(panel_of("actor/entropy") == "entropy");
    CHECK(panel_of("gppo/count/r2") == "region_count");
    CHECK(panel_of("gppo/gradient/r2") == "region_gradient");
    CHECK(panel_of("gppo/r3_count") == "region_count");
    CHECK(panel_of("gppo/r3/mass") == "region_gradient");
    CHECK(panel_of("gppo/count/in_range") == "other");
    CHECK(panel_of("actor/pg_clipfrac_lower") == "clip_fraction");
    CHECK(panel_of("gppo/frac_high_clipped_kept") == "clip_fraction");
    CHECK(panel_of("response_length/mean") == "length");
    CHECK(panel_of("response_length/clip_ratio") == "truncated");
    CHECK(panel_of("train/loss") == "loss");
    CHECK(panel_of("actor/pg_loss") == "loss");
    CHECK(panel_of("actor/ppo_kl") == "kl");
    CHECK(panel_of("rollout/kl_to_trainer") == "mismatch");
    CHECK(panel_of("actor/grad_norm") == "grad_norm");
    CHECK(panel_of("actor/lr") == "lr");
    CHECK(panel_of("timing_s/update_actor") == "timing");
    CHECK(panel_of("timing_s/step") == "step_time");
    CHECK(panel_of("timing_s/testing") == "other");
    CHECK(panel_of("perf/throughput") == "throughput");
    CHECK(panel_of("a metric made up tomorrow") == "other");
}

TEST_CASE("every curve is drawn exactly once", "[report][html]") {
    gppo::RunFiles run;
    for (const char* name :
         {"x", "critic/rewards/mean", "actor/lr", "y", "critic/rewards/max", "actor/entropy"})
        run.curves.push_back({name, {{0, 1}}});
    std::vector<std::string> drawn;
    for (const auto& panel : gppo::choose_panels(run))
        for (const auto& line : panel.lines) drawn.push_back(line.curve->name);
    std::sort(drawn.begin(), drawn.end());
    CHECK(drawn == std::vector<std::string>{"actor/entropy", "actor/lr", "critic/rewards/max",
                                            "critic/rewards/mean", "x", "y"});
}

TEST_CASE("labels say what tells a curve from its neighbours", "[report][html]") {
    CHECK(gppo::short_label("critic/rewards/mean") == "rewards/mean");
    CHECK(gppo::short_label("timing_s/gen") == "gen");
    CHECK(gppo::short_label("val/gsm8k/acc") == "held-out gsm8k/acc");
    CHECK(gppo::short_label("response_length/max") == "response_length/max");
    CHECK(gppo::short_label("loss") == "loss");
}
