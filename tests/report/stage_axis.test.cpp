// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/stage_axis.hpp>

namespace {

gppo::RunFiles two_stages() {
    gppo::RunFiles run;
    run.stages = {{"sft", 1, 201, 0}, {"rl", 202, 212, 0}};
    run.curves = {{"both", {{1, 0}, {201, 1}, {202, 2}, {212, 3}}},
                  {"rl only", {{202, 0}, {207, 1}, {212, 2}}}};
    return run;
}

gppo::Panel panel_of(const gppo::Curve& curve) {
    return {"", "", "", false, false, {{&curve, ""}}};
}

}  // namespace

TEST_CASE("each stage gets the same width however many steps it has", "[report][html]") {
    const auto run = two_stages();
    const gppo::StageAxis axis(run, panel_of(run.curves[0]));
    CHECK(axis.at(1) == 0);
    CHECK(axis.at(101) == 0.25);
    CHECK(axis.at(201) == 0.5);
    CHECK(axis.at(202) == 0.5);
    CHECK(axis.at(207) == 0.75);
    CHECK(axis.at(212) == 1);
}

TEST_CASE("a stage without values takes no room", "[report][html]") {
    const auto run = two_stages();
    const gppo::StageAxis axis(run, panel_of(run.curves[1]));
    CHECK(axis.indices() == std::vector<std::size_t>{1});
    CHECK(axis.at(202) == 0);
    CHECK(axis.at(207) == 0.5);
}

TEST_CASE("paths fit the box and break at what is not a number", "[report][html]") {
    const auto run = two_stages();
    const gppo::StageAxis axis(run, panel_of(run.curves[1]));
    const gppo::Range range{0, 2};
    CHECK(gppo::svg_path(run.curves[1].points, axis, range) == "M0 1000L500 500L1000 0");
    CHECK(gppo::svg_path({{202, 0}, {207, std::nan("")}, {212, 1}}, axis, range) ==
          "M0 1000M1000 500");
    CHECK(gppo::svg_dots(run.curves[1].points, axis, range) == "M0 1000h0M500 500h0M1000 0h0");
    CHECK(gppo::coordinate(12.34) == "12.3");
    CHECK(gppo::coordinate(-0.01) == "0");
    CHECK(gppo::coordinate(1e300) == "90000");
}

TEST_CASE("a run of one step and a run of none have an axis", "[report][html]") {
    gppo::RunFiles run;
    run.curves = {{"a", {{0, 1}}}};
    CHECK(gppo::StageAxis(run, panel_of(run.curves[0])).at(0) == 0.5);
    run.stages = {{"rl", 0, 0, 0}};
    CHECK(gppo::StageAxis(run, panel_of(run.curves[0])).at(0) == 0.5);
}
