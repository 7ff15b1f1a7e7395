// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/held_out.hpp>
#include <gppo/report/metrics.hpp>

using gppo::held_out_score;

namespace {

/// An SFT run of three steps and RL of two, evaluated before, between and after.
void write_small_run(const std::filesystem::path& dir) {
    gppo::MetricsLog log(dir);
    log.write({0, "eval", {{"val/sums/acc", 0.0}}});
    for (gppo::Index i = 1; i <= 3; ++i)
        log.write({i, "sft", {{"train/loss", 1.0}, {"timing_s/step", 30}}});
    log.write({3, "eval", {{"val/sums/acc", 0.25}}});
    for (gppo::Index i = 4; i <= 5; ++i)
        log.write({i, "rl", {{"critic/rewards/mean", 0.5}, {"timing_s/step", 30}}});
    log.write({5, "eval", {{"val/sums/acc", 0.75}}});
}

}  // namespace

TEST_CASE("the held-out scores come from the summary and else from the evaluations",
          "[report][html]") {
    TemporaryDirectory dir;
    write_small_run(dir.path);
    auto run = gppo::read_run(dir.path);
    CHECK(held_out_score(run, "before sft").value == 0);
    CHECK(held_out_score(run, "after sft").value == 0.25);
    CHECK(held_out_score(run, "after rl").value == 0.75);
    CHECK(std::isnan(held_out_score(run, "before rl").value));
    run.summary["evaluations"]["after rl"] = {{"pass@1", 0.8}, {"low", 0.7}, {"high", 0.9}};
    CHECK(held_out_score(run, "after rl").value == 0.8);
    CHECK(held_out_score(run, "after rl").high == 0.9);
}
