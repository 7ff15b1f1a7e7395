// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/selection.hpp>

#include <algorithm>

TEST_CASE("the top share keeps the best rows, of equal ones the earlier", "[data][selection]") {
    const std::vector<double> scores{0.1, 0.9, 0.5, 0.9, 0.5};
    CHECK(gppo::top_share(scores, 0.4) == std::vector<bool>{false, true, false, true, false});
    CHECK(gppo::top_share(scores, 0.41) == std::vector<bool>{false, true, true, true, false});
    CHECK(gppo::top_share(scores, 1e-9) == std::vector<bool>{false, true, false, false, false});
    CHECK(gppo::top_share(scores, 1) == std::vector<bool>(5, true));
    const auto count = [](const std::vector<bool>& in) {
        return std::count(in.begin(), in.end(), true);
    };
    for (int percent = 1; percent <= 100; ++percent)  // 0.07 * 100 is above 7 in binary
        CHECK(count(gppo::top_share(std::vector<double>(100, 0.0), percent / 100.0)) == percent);
    CHECK(gppo::top_share({}, 0.5).empty());
    CHECK_THROWS_AS(gppo::top_share(scores, 0), gppo::Error);
    CHECK_THROWS_AS(gppo::top_share(scores, 1.1), gppo::Error);
}

TEST_CASE("sources rank by mean quality, not by the number of their rows", "[data][selection]") {
    gppo::SourceQuality sources;
    for (int i = 0; i < 9; ++i) sources.add("many", 0.5);
    sources.add("few", 0.9);
    sources.add("few", 0.7);
    sources.add("also", 0.8);
    const auto ranking = sources.ranking();
    REQUIRE(ranking.size() == 3);
    CHECK(ranking[0].first == "also");
    CHECK(ranking[1].second == Approx(0.8));
    CHECK(sources.top(1) == std::set<std::string>{"also"});
    CHECK(sources.top(2) == std::set<std::string>{"also", "few"});
    CHECK(sources.top(9).size() == 3);
}
