// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/pass_count.hpp>

using Catch::Matchers::Contains;
using gppo::pass_count;
using nlohmann::json;

TEST_CASE("pass rates are read as rows carry them", "[data][pass_count]") {
    CHECK(pass_count(0.25).rate == 0.25);
    CHECK(pass_count(1).rate == 1);
    const auto rewards = pass_count({1, 0, 0.4, 1.0});
    CHECK((rewards.right == 2 && rewards.tries == 4 && rewards.rate == 0.5));
    CHECK(pass_count({true, false, false}).right == 1);
    CHECK(pass_count({"pass", "wrong", "equal", "different"}).rate == 0.5);
    CHECK(pass_count({{"passed", 3}, {"total", 4}}).rate == 0.75);
    CHECK(pass_count({1, -1, -1, -1}).rate == 0.25);
}

TEST_CASE("what is no pass rate is refused", "[data][pass_count]") {
    CHECK_THROWS_WITH(pass_count(1.5), Contains("not between 0 and 1"));
    CHECK_THROWS_WITH(pass_count(json::array()), Contains("no pass rate"));
    CHECK_THROWS_WITH(pass_count("often"), Contains("a pass rate is"));
    CHECK_THROWS_WITH(pass_count({{"passed", 5}, {"total", 4}}), Contains("no pass rate"));
    CHECK_THROWS_WITH(pass_count({nullptr}), Contains("something else"));
}

TEST_CASE("the potential is largest where half of the tries are right", "[data][pass_count]") {
    static_assert(gppo::improvement_potential(0.5) == 1);
    static_assert(gppo::improvement_potential(0) == 0 && gppo::improvement_potential(1) == 0);
    for (int right = 0; right <= 20; ++right) {
        const double p = right / 20.0;
        CHECK(gppo::improvement_potential(p) == Approx(gppo::improvement_potential(1 - p)));
        if (right < 10)
            CHECK(gppo::improvement_potential(p) < gppo::improvement_potential(p + 0.05));
    }
}
