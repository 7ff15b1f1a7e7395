// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/metrics.hpp>
#include <gppo/report/run_files.hpp>

using Catch::Matchers::Contains;
using gppo::Point;
using gppo::read_run;

TEST_CASE("what the sinks wrote is read back", "[report][run_files]") {
    TemporaryDirectory dir;
    gppo::MetricsLog log(dir.path);
    log.write({1, "sft", {{"train/loss", 0.1}, {"timing_s/step", 2}}});
    log.write({2, "sft", {{"train/loss", std::nan("")}, {"timing_s/step", 3}}});
    write_file(dir.path / "summary.json", R"({"seed": 3})");
    const auto run = read_run(dir.path);
    REQUIRE(run.curve("train/loss") != nullptr);
    CHECK(run.curve("train/loss")->points[0] == Point{1, 0.1});
    CHECK(std::isnan(run.curve("train/loss")->points[1].y));
    CHECK(run.curve("timing_s/step")->points == std::vector<Point>{{1, 2}, {2, 3}});
    CHECK(run.curve("nothing") == nullptr);
    CHECK(run.summary.at("seed") == 3);
    CHECK(run.warnings == std::vector<std::string>{"sft step 2: train/loss is not finite"});
}

TEST_CASE("stages follow each other on one axis whether their steps go on or start again",
          "[report][run_files]") {
    for (const bool again : {false, true}) {
        TemporaryDirectory dir;
        gppo::MetricsLog log(dir.path);
        log.write({0, "eval", {{"val/acc", 0}, {"timing_s/testing", 7}}});
        for (gppo::Index i = 1; i <= 3; ++i) log.write({i, "sft", {{"a", 1}}});
        log.write({3, "eval", {{"val/acc", 0.5}}});
        for (gppo::Index i = 1; i <= 2; ++i)
            log.write({again ? i : 3 + i, "rl", {{"a", 2}, {"timing_s/gen", 1}}});
        const auto run = read_run(dir.path);
        REQUIRE(run.stages.size() == 2);
        CHECK(run.stages[0].last == 3);
        CHECK(run.stages[1].first == 4);
        CHECK(run.stages[1].last == 5);
        CHECK(run.stages[1].offset == (again ? 3 : 0));
        CHECK(run.curve("val/acc")->points == std::vector<Point>{{1, 0}, {3, 0.5}});
        CHECK(run.curve("a")->points.back() == Point{5, 2});
        CHECK(run.curve("timing_s/gen")->points == std::vector<Point>{{4, 1}, {5, 1}});
        CHECK(run.curve("timing_s/testing")->points == std::vector<Point>{{1, 7}});
    }
}

TEST_CASE("an unfinished last line is ignored and a broken one is named", "[report][run_files]") {
    TemporaryDirectory dir;
    const auto path = dir.path / "metrics.jsonl";
    write_file(path, "{\"step\":1,\"stage\":\"rl\",\"a\":1}\n{\"step\":2,\"stage\":\"rl\",\"a\":");
    CHECK(read_run(dir.path).curve("a")->points.size() == 1);
    write_file(path, "{\"step\":1,\"stage\":\"rl\",\"a\":1}\noops\n");
    CHECK_THROWS_WITH(read_run(dir.path), Contains("metrics.jsonl:2: not a JSON object"));
    write_file(path, "{\"step\":\"one\",\"stage\":\"rl\",\"a\":1}\n");
    CHECK_THROWS_AS(read_run(dir.path), gppo::Error);
    write_file(path, "");
    CHECK(read_run(dir.path).curves.empty());
}

TEST_CASE("a directory that is not a run's is an error naming it", "[report][run_files]") {
    TemporaryDirectory dir;
    CHECK_THROWS_WITH(read_run(dir.path / "none"), Contains("none: no such run directory"));
    CHECK_THROWS_WITH(read_run(dir.path), Contains("metrics.jsonl: not found"));
    write_file(dir.path / "metrics.jsonl", "");
    write_file(dir.path / "config.json", "[1]");
    CHECK_THROWS_WITH(read_run(dir.path), Contains("config.json: not a JSON object"));
}
