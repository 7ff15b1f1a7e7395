// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_choice.hpp>

#include <algorithm>
#include <set>

using namespace gppo;

TEST_CASE("All tests are chosen where there are no more than wanted", "[verify][code_choice]") {
    CHECK(choose_tests(3, 0, 1, 2) == std::vector<std::size_t>{0, 1, 2});
    CHECK(choose_tests(3, 3, 1, 2) == std::vector<std::size_t>{0, 1, 2});
    CHECK(choose_tests(0, 5, 1, 2).empty());
}

TEST_CASE("A choice is the same every time, rising and without repeats", "[verify][code_choice]") {
    const auto prompt = prompt_number("problem 7");
    const auto chosen = choose_tests(100, 16, prompt, 3);
    CHECK(chosen == choose_tests(100, 16, prompt, 3));
    CHECK(std::is_sorted(chosen.begin(), chosen.end()));
    CHECK(std::set<std::size_t>(chosen.begin(), chosen.end()).size() == 16);
    CHECK(chosen.back() < 100);
    CHECK(chosen != choose_tests(100, 16, prompt, 4));
    CHECK(chosen != choose_tests(100, 16, prompt_number("problem 8"), 3));
}

TEST_CASE("Over many steps every test is chosen about as often", "[verify][code_choice]") {
    std::vector<int> counts(20);
    for (std::uint64_t step = 0; step < 4000; ++step)
        for (std::size_t i : choose_tests(20, 5, prompt_number("p"), step)) ++counts[i];
    for (int count : counts) {
        CHECK(count > 850);
        CHECK(count < 1150);
    }
}
