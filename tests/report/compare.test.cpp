// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/compare.hpp>
#include <gppo/report/html_panels.hpp>

using gppo::Point;

TEST_CASE("stages of two runs begin together and are as long as the longer", "[report][compare]") {
    gppo::RunFiles run, other;
    run.stages = {{"sft", 1, 3, 0}, {"rl", 4, 5, 0}};
    run.curves = {{"a", {{1, 1}, {3, 2}, {4, 3}, {5, 4}}}};
    other.name = "b";
    other.stages = {{"sft", 1, 5, 0}, {"rl", 6, 6, 0}, {"more", 7, 8, 0}};
    other.curves = {
        {"a", {{1, 5}, {5, 6}, {6, 7}, {7, 8}}}, {"timing_s/x", {{6, 1}}}, {"actor/lr", {{6, 1}}}};
    gppo::add_comparison(run, other);
    CHECK(run.stages[0].last == 5);
    CHECK(run.stages[1].first == 6);
    CHECK(run.stages[1].last == 7);
    CHECK(run.stages[1].first - run.stages[1].offset == 4);  // its own step number is as before
    CHECK(run.curves[0].points == std::vector<Point>{{1, 1}, {3, 2}, {6, 3}, {7, 4}});
    CHECK(run.curves[1].name == "a · b");
    CHECK(run.curves[1].points == std::vector<Point>{{1, 5}, {5, 6}, {6, 7}});
    // Areas and what has no panel stay the run's own.
    for (const auto& panel : gppo::choose_panels(run))
        for (const auto& line : panel.lines) {
            CHECK(line.curve->name != "timing_s/x · b");
            CHECK(line.curve->name != "a · b");
            if (panel.id == "lr") CHECK(line.label == "lr · b");
        }
}
