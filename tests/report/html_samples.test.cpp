// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/report/html_samples.hpp>
#include <gppo/report/samples.hpp>

using Catch::Matchers::Contains;

namespace {

nlohmann::ordered_json sample(const std::string& stage, const std::string& prompt, double reward) {
    return nlohmann::ordered_json::parse(gppo::sample_line({.stage = stage,
                                                            .prompt = prompt,
                                                            .completion = "<think>",
                                                            .gold = "2",
                                                            .extracted = "3",
                                                            .reward = reward}));
}

}  // namespace

TEST_CASE("what a model wrote is escaped in both views", "[report][html]") {
    gppo::RunFiles run;
    run.samples = {sample("before", "<p>", 0), sample("after", "<p>", 1)};
    for (const std::string& html : {gppo::html_before_after(run), gppo::html_sample_table(run)}) {
        CHECK_THAT(html, Contains("&lt;think&gt;") && Contains("&lt;p&gt;"));
        CHECK_THAT(html, !Contains("<think>") && !Contains("<p>&"));
    }
}

TEST_CASE("prompts that changed most come first, four at most", "[report][html]") {
    gppo::RunFiles run;
    for (const int i : {1, 2, 3, 4, 5, 6}) {
        run.samples.push_back(sample("before", "prompt " + std::to_string(i), 0));
        run.samples.push_back(sample("after", "prompt " + std::to_string(i), i == 6));
    }
    run.samples.push_back(sample("after", "seen once", 1));
    const std::string html = gppo::html_before_after(run);
    CHECK(html.find("prompt 6") < html.find("prompt 1"));
    CHECK_THAT(html, Contains("prompt 3") && !Contains("prompt 4") && !Contains("seen once"));
}

TEST_CASE("many samples are spread over the run, first and last included", "[report][html]") {
    std::vector<nlohmann::ordered_json> samples;
    for (int i = 0; i < 1001; ++i) samples.push_back({{"step", i}});
    const auto chosen = gppo::spread(samples, 200);
    REQUIRE(chosen.size() == 200);
    CHECK(chosen.front().at("step") == 0);
    CHECK(chosen.back().at("step") == 1000);
}

TEST_CASE("long text is cut between characters and says so", "[report][html]") {
    CHECK(gppo::shortened("abc", 3) == "abc");
    CHECK(gppo::shortened("aéé", 2) == "a … (4 more bytes)");
}

TEST_CASE("a sample without most fields is still a row", "[report][html]") {
    gppo::RunFiles run;
    run.samples = {{{"prompt", 5}}, nlohmann::ordered_json::object()};
    const std::string html = gppo::html_sample_table(run);
    CHECK_THAT(html, Contains("<td class=\"t\">5</td>") && Contains("data-value=\"\""));
}
