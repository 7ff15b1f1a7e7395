// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/html_chart.hpp>

using Catch::Matchers::Contains;

namespace {

gppo::RunFiles run_of(std::vector<gppo::Curve> curves) {
    gppo::RunFiles run;
    run.stages = {{"rl", 0, 9, 0}};
    run.curves = std::move(curves);
    return run;
}

gppo::Panel panel_of(const gppo::RunFiles& run, bool stacked) {
    gppo::Panel panel{"p", "A <title>", "", stacked, false, {}};
    for (const auto& curve : run.curves) panel.lines.push_back({&curve, curve.name});
    return panel;
}

}  // namespace

TEST_CASE("a chart is complete without a script and describes itself", "[report][html]") {
    const auto run = run_of({{"a/\"b\"", {{0, 0}, {5, 0.5}, {9, 1}}}});
    const auto panel = panel_of(run, false);
    const std::string html = gppo::PanelChart(run, panel).html();
    CHECK_THAT(html,
               Contains("A &lt;title&gt;") && Contains("data-name=\"a/&quot;b&quot;\" d=\"M0 "));
    CHECK_THAT(html, Contains("role=\"img\" aria-label=\"A &lt;title&gt;. a/&quot;b&quot;: from 0 "
                              "to 1 over 3 points.\""));
    CHECK_THAT(html, Contains("class=\"dots c0\""));
}

TEST_CASE("areas lie on top of each other, and a line without a value there adds nothing",
          "[report][html]") {
    const auto run = run_of({{"low", {{0, 1}, {9, 1}}}, {"high", {{0, 3}, {5, 3}}}});
    const auto panel = panel_of(run, true);
    const gppo::PanelChart chart(run, panel);
    const auto json = chart.json();
    CHECK(json.at("stacked") == true);
    CHECK(json.at("lines")[0].at("x") == std::vector<int>{0, 5, 9});
    CHECK(json.at("lines")[0].at("y") == std::vector<int>{1, 0, 1});
    CHECK(json.at("lines")[1].at("y") == std::vector<int>{3, 3, 0});
    // 4 of 4 × 1.12 is 892.9 of 1000 units high.
    CHECK_THAT(chart.html(), Contains("data-name=\"high\" d=\"M0 107.1L"));
}

TEST_CASE("areas with a negative value are drawn as lines", "[report][html]") {
    const auto run = run_of({{"a", {{0, 1}}}, {"b", {{0, -1}}}});
    CHECK(gppo::PanelChart(run, panel_of(run, true)).json().at("stacked") == false);
}

TEST_CASE("long curves are thinned and values that are not numbers are null", "[report][html]") {
    gppo::Curve curve{"a", {}};
    for (int i = 0; i < 20000; ++i) curve.points.push_back({static_cast<double>(i), std::sin(i)});
    curve.points[7].y = std::nan("");
    auto run = run_of({curve});
    run.stages[0].last = 19999;
    const auto panel = panel_of(run, false);
    const gppo::PanelChart chart(run, panel);
    const auto json = chart.json();
    CHECK(json.at("lines")[0].at("y").size() <= 1000);
    CHECK_THAT(json.dump(), Contains("null"));
    CHECK(chart.html().size() < 12000);
}
