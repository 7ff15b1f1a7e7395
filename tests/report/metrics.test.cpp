// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/metrics.hpp>

#include <cstring>
#include <limits>
#include <random>

using gppo::Error;
using gppo::Metrics;
using gppo::MetricsLog;

namespace {

Metrics step(gppo::Index number) {
    Metrics metrics{number, "rl"};
    metrics["critic/rewards/mean"] = 0.1 * static_cast<double>(number);
    metrics["timing_s/step"] = 1.5;
    return metrics;
}

}  // namespace

TEST_CASE("values keep the order they were first set in", "[report][metrics]") {
    Metrics metrics{3, "sft"};
    metrics["z"] = 1;
    metrics["a"] = 2;
    metrics["z"] += 0.5;
    CHECK(gppo::metrics_line(metrics, false) == R"({"step":3,"stage":"sft","z":1.5,"a":2})");
    CHECK(*metrics.find("a") == 2);
    CHECK(metrics.find("b") == nullptr);
}

TEST_CASE("every double reads back bit for bit", "[report][metrics]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = random();
        double value;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) continue;
        Metrics metrics{0, "rl"};
        metrics["x"] = value;
        const double read =
            nlohmann::json::parse(gppo::metrics_line(metrics, false)).at("x").get<double>();
        REQUIRE(read == value);
    }
}

TEST_CASE("NaN and infinities become null and are named", "[report][metrics]") {
    Metrics metrics{1, "rl"};
    metrics["a"] = std::numeric_limits<double>::quiet_NaN();
    metrics["b"] = 1;
    metrics["c\"d"] = -std::numeric_limits<double>::infinity();
    CHECK(gppo::metrics_line(metrics, false) ==
          R"({"step":1,"stage":"rl","a":null,"b":1,"c\"d":null,"warnings":["a","c\"d"]})");
}

TEST_CASE("wall-clock values go to timing.jsonl and nowhere else", "[report][metrics]") {
    TemporaryDirectory dir;
    MetricsLog log(dir.path / "new" / "run");
    Metrics metrics = step(7);
    metrics["perf/throughput"] = 1000;
    log.write(metrics);
    log.write(Metrics{8, "eval", {{"val/all/acc", 0.5}}});
    CHECK(read_file(dir.path / "new/run/metrics.jsonl") ==
          "{\"step\":7,\"stage\":\"rl\",\"critic/rewards/mean\":0.7000000000000001}\n"
          "{\"step\":8,\"stage\":\"eval\",\"val/all/acc\":0.5}\n");
    CHECK(read_file(dir.path / "new/run/timing.jsonl") ==
          "{\"step\":7,\"stage\":\"rl\",\"timing_s/step\":1.5,\"perf/throughput\":1000}\n");
    CHECK(log.position() == MetricsLog::Cursor{2, 1});
}

TEST_CASE("a run resumed from any step leaves the same metrics as one never stopped",
          "[report][metrics]") {
    TemporaryDirectory dir;
    std::string whole;
    {
        MetricsLog log(dir.path / "whole");
        for (gppo::Index i = 0; i < 9; ++i) log.write(step(i));
        whole = read_file(dir.path / "whole/metrics.jsonl");
    }
    for (gppo::Index checkpoint = 0; checkpoint < 9; ++checkpoint) {
        const auto run = dir.path / ("killed" + std::to_string(checkpoint));
        MetricsLog::Cursor cursor;
        {
            MetricsLog log(run);
            for (gppo::Index i = 0; i < 9; ++i) {
                if (i == checkpoint) cursor = log.position();
                log.write(step(i));
            }
        }
        std::ofstream(run / "metrics.jsonl", std::ios::app) << R"({"step":9,"sta)";
        MetricsLog log = MetricsLog::resume(run, cursor);
        CHECK(log.position() == cursor);
        for (gppo::Index i = checkpoint; i < 9; ++i) log.write(step(i));
        CHECK(read_file(run / "metrics.jsonl") == whole);
        CHECK(log.position() == MetricsLog::Cursor{9, 9});
    }
}

TEST_CASE("resuming beyond the end of the files is an error naming the file", "[report][metrics]") {
    TemporaryDirectory dir;
    MetricsLog(dir.path).write(step(0));
    CHECK_THROWS_WITH(MetricsLog::resume(dir.path, {1, 2}),
                      Catch::Matchers::Contains("timing.jsonl"));
    CHECK_THROWS_WITH(MetricsLog::resume(dir.path, {2, 1}),
                      Catch::Matchers::Contains("metrics.jsonl"));
}

TEST_CASE("a run directory that cannot be made is an error naming it", "[report][metrics]") {
    TemporaryDirectory dir;
    write_file(dir.path / "file", "");
    CHECK_THROWS_WITH(MetricsLog(dir.path / "file" / "run"),
                      Catch::Matchers::Contains("file/run: cannot create the run directory"));
}
