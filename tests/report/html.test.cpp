// SPDX-License-Identifier: Apache-2.0
//
// How the page looks in a browser is tested by tests/cli/report_chromium.py.
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/html.hpp>
#include <gppo/report/metrics.hpp>

using Catch::Matchers::Contains;

namespace {

/// An SFT run of three steps and RL of two, evaluated before, between and after.
void write_run(const std::filesystem::path& dir) {
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

TEST_CASE("the page says what ran and is the same every time", "[report][html]") {
    TemporaryDirectory dir;
    write_run(dir.path);
    write_file(dir.path / "summary.json",
               R"({"title": "sums & more", "seed": 7, "parameters": 1049216, "nested": {}})");
    write_file(dir.path / "config.json", R"({"rl": {"policy": "<gppo>"}, "plain": 1})");
    gppo::write_report(dir.path);
    const std::string page = read_file(dir.path / "report.html");
    CHECK_THAT(page, Contains("<h1>sums &amp; more</h1>") &&
                         Contains("3 steps of SFT, then 2 steps of RL"));
    CHECK_THAT(page, Contains("2m 30s") && Contains("1.05M") && Contains("&lt;gppo&gt;"));
    CHECK_THAT(page, Contains("+50.0</span> points"));
    CHECK_THAT(page, !Contains("http"));
    CHECK(page == gppo::html_report(gppo::read_run(dir.path)));
}

TEST_CASE("a run that has not begun still has a page", "[report][html]") {
    TemporaryDirectory dir;
    write_file(dir.path / "metrics.jsonl", "");
    CHECK_NOTHROW(gppo::write_report(dir.path));
    CHECK_THAT(read_file(dir.path / "report.html"), Contains("</html>"));
}

TEST_CASE("a report that cannot be written is an error naming it and leaves nothing behind",
          "[report][html]") {
    TemporaryDirectory dir;
    write_run(dir.path);
    std::filesystem::create_directory(dir.path / "report.html");
    CHECK_THROWS_WITH(gppo::write_report(dir.path), Contains("report.html"));
    for (const auto& entry : std::filesystem::directory_iterator(dir.path))
        CHECK_FALSE(entry.path().filename().string().starts_with("."));
}
