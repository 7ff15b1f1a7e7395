// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/filter_report.hpp>

TEST_CASE("every row is out or has a reason, and each reason has its first examples",
          "[data][filter_report]") {
    gppo::FilterReport report{.filter = "rules", .max_examples = 2};
    report.keep();
    for (gppo::Index row = 2; row < 6; ++row)
        report.drop({"a.jsonl", row, "url", {{"url", "http://x"}}});
    report.drop({"a.jsonl", 9, "image", nullptr});
    report.more["threshold"] = 0.5;
    CHECK(report.in == 6);
    CHECK(report.out + report.count("url") + report.count("image") == report.in);
    CHECK(report.count("other") == 0);
    const auto written = report.json();
    CHECK(written["why"].dump() == R"({"url":4,"image":1})");
    REQUIRE(written["examples"].size() == 3);
    CHECK(written["examples"][1].dump() ==
          R"({"file":"a.jsonl","row":3,"why":"url","url":"http://x"})");
    CHECK(written["examples"][2].dump() == R"({"file":"a.jsonl","row":9,"why":"image"})");
    CHECK(written["threshold"] == 0.5);
}
