// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/samples.hpp>

#include <limits>

using gppo::Sample;
using gppo::SamplesLog;

TEST_CASE("a sample is one line of JSON with every field", "[report][samples]") {
    Sample sample{.step = 4,
                  .stage = "rl",
                  .prompt = "1+\n1",
                  .completion = "\\boxed{2}",
                  .gold = "2",
                  .extracted = "2",
                  .reward = 1.5,
                  .reward_parts = {{"correct", 1}, {"format", 0.5}},
                  .tokens = 12,
                  .truncated = true};
    CHECK(
        gppo::sample_line(sample) ==
        R"({"step":4,"stage":"rl","prompt":"1+\n1","completion":"\\boxed{2}","gold":"2","extracted":"2",)"
        R"("reward":1.5,"reward_parts":{"correct":1,"format":0.5},"tokens":12,"truncated":true})");
}

TEST_CASE("bytes that are not UTF-8 and values that are not numbers still give valid JSON",
          "[report][samples]") {
    Sample sample;
    sample.completion = "a\xff\xc3z";
    sample.reward = std::numeric_limits<double>::infinity();
    sample.reward_parts = {{"x", std::numeric_limits<double>::quiet_NaN()}};
    const auto read = nlohmann::json::parse(gppo::sample_line(sample));
    CHECK(read.at("completion").get<std::string>() == "a\xef\xbf\xbd\xef\xbf\xbdz");
    CHECK(read.at("reward").is_null());
    CHECK(read.at("reward_parts").at("x").is_null());
}

TEST_CASE("resuming keeps the samples of the checkpoint and drops the rest", "[report][samples]") {
    TemporaryDirectory dir;
    std::uint64_t position = 0;
    {
        SamplesLog log(dir.path);
        for (gppo::Index step = 0; step < 3; ++step) {
            if (step == 2) position = log.position();
            log.write({.step = step});
        }
    }
    const std::string whole = read_file(dir.path / "samples.jsonl");
    SamplesLog log = SamplesLog::resume(dir.path, position);
    CHECK(read_file(dir.path / "samples.jsonl") != whole);
    log.write({.step = 2});
    CHECK(read_file(dir.path / "samples.jsonl") == whole);
    CHECK_THROWS_AS(SamplesLog::resume(dir.path, 4), gppo::Error);
}
