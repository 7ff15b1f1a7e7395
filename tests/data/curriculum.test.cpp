// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/curriculum.hpp>

#include <set>

using Catch::Matchers::Contains;
using gppo::Curriculum;
using gppo::CurriculumLoader;
using gppo::CurriculumOrder;
using gppo::Index;
using gppo::PassRates;

namespace {

/// Row i solved `right[i]` times of 4; -1: never tried.
PassRates rates_of(const std::vector<Index>& right) {
    PassRates rates(static_cast<Index>(right.size()));
    for (std::size_t i = 0; i < right.size(); ++i)
        if (right[i] >= 0) rates.add(static_cast<Index>(i), right[i], 4);
    return rates;
}

const PassRates mixed = rates_of({4, 0, 2, 1, -1, 3, 4, 0});

}  // namespace

TEST_CASE("solved rows are dropped, untried ones never", "[data][curriculum]") {
    CHECK(curriculum_rows(mixed, {}, 1) == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(curriculum_rows(mixed, {.drop_solved = true}, 1) == std::vector<Index>{1, 2, 3, 4, 5, 7});
    CHECK(curriculum_rows(mixed, {.drop_solved = true, .drop_unsolved = true}, 1) ==
          std::vector<Index>{2, 3, 4, 5});
    CHECK_THROWS_WITH(curriculum_rows(rates_of({4, 4}), {.drop_solved = true}, 1),
                      Contains("leaves no row"));
    // A later stage: what was solved once may fail again.
    PassRates rates = rates_of({4});
    rates.add(0, 3, 4);
    CHECK(rates.rate(0) == 7.0 / 8);
    rates.clear();
    CHECK_FALSE(rates.known(0));
}

TEST_CASE("rows come by pass rate or by potential, ties by the seed", "[data][curriculum]") {
    const auto order = [&](CurriculumOrder by, std::uint64_t seed) {
        std::vector<double> rates;
        for (const Index row : curriculum_rows(mixed, {.order = by}, seed))
            rates.push_back(mixed.rate(row));
        return rates;
    };
    CHECK(order(CurriculumOrder::easy_first, 3) ==
          std::vector<double>{1, 1, 0.75, 0.5, 0.5, 0.25, 0, 0});
    CHECK(order(CurriculumOrder::hard_first, 3) ==
          std::vector<double>{0, 0, 0.25, 0.5, 0.5, 0.75, 1, 1});
    const auto by_potential = order(CurriculumOrder::potential_first, 3);
    CHECK((by_potential[0] == 0.5 && by_potential[1] == 0.5));
    CHECK(gppo::improvement_potential(by_potential[3]) == 0.75);
    std::set<std::vector<Index>> orders;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto rows = curriculum_rows(mixed, {.order = CurriculumOrder::easy_first}, seed);
        CHECK(rows == curriculum_rows(mixed, {.order = CurriculumOrder::easy_first}, seed));
        orders.insert(rows);
    }
    CHECK(orders.size() > 4);
}

TEST_CASE("each stage has a larger part of the rows, those of most potential first",
          "[data][curriculum]") {
    std::vector<Index> before;
    for (const double top : {0.25, 0.5, 0.75, 1.0}) {
        const auto rows = curriculum_rows(mixed, {.top = top}, 5);
        CHECK(rows.size() == static_cast<std::size_t>(8 * top));
        for (const Index row : before)
            CHECK(std::find(rows.begin(), rows.end(), row) != rows.end());
        before = rows;
    }
    const auto first = curriculum_rows(mixed, {.top = 0.25}, 5);
    CHECK(first == std::vector<Index>{2, 4});  // p = 1/2 and the untried one
}

TEST_CASE("a stage goes on from its cursor, shuffled or in order", "[data][curriculum]") {
    for (const auto by : {CurriculumOrder::shuffled, CurriculumOrder::hard_first}) {
        const auto rows = curriculum_rows(mixed, {.order = by, .drop_solved = true}, 9);
        CurriculumLoader whole(rows, by, 9);
        std::vector<Index> drawn;
        for (int i = 0; i < 17; ++i) drawn.push_back(whole.next());
        for (std::size_t epoch = 0; epoch < 2; ++epoch) {
            std::vector<Index> one(
                drawn.begin() + static_cast<std::ptrdiff_t>(epoch * rows.size()),
                drawn.begin() + static_cast<std::ptrdiff_t>((epoch + 1) * rows.size()));
            if (by != CurriculumOrder::shuffled) CHECK(one == rows);
            CHECK(std::is_permutation(one.begin(), one.end(), rows.begin()));
        }
        for (std::size_t stop = 0; stop < drawn.size(); ++stop) {
            CurriculumLoader first(rows, by, 9);
            for (std::size_t i = 0; i < stop; ++i) first.next();
            CurriculumLoader second(rows, by, 9, first.cursor());
            for (std::size_t i = stop; i < drawn.size(); ++i) CHECK(second.next() == drawn[i]);
        }
    }
    CHECK_THROWS_WITH(CurriculumLoader({}, CurriculumOrder::shuffled, 1), Contains("no rows"));
}

TEST_CASE("pass rates survive a checkpoint and refuse other data", "[data][curriculum]") {
    const PassRates again = PassRates::from_json(nlohmann::json::parse(mixed.json().dump()), 8);
    CHECK(again.json() == mixed.json());
    CHECK(mixed.json().size() == 7);
    CHECK_THROWS_WITH(PassRates::from_json(mixed.json(), 5), Contains("row 5 of 5"));
    CHECK_THROWS_WITH(PassRates::from_json({{1, 2}}, 8), Contains("not [row, right, tries]"));
    CHECK_THROWS_WITH(PassRates(2).add(0, 3, 2), Contains("3 of 2"));
}

TEST_CASE("bounds on the pass rate drop known rows only", "[data][curriculum]") {
    // rates 1, 0, 1/2, 1/4, unknown, 3/4, 1, 0
    CHECK(curriculum_rows(mixed, {.high = 0.375}, 1) == std::vector<Index>{1, 3, 4, 7});
    CHECK(curriculum_rows(mixed, {.low = 0.25, .high = 0.75}, 1) == std::vector<Index>{2, 3, 4, 5});
}

TEST_CASE("the latest outcome replaces the earlier ones", "[data][curriculum]") {
    PassRates rates = rates_of({0, 2});
    rates.set(0, 4, 4);
    rates.set(1, 0, 8);
    CHECK(rates.rate(0) == 1);
    CHECK(rates.rate(1) == 0);
    CHECK(rates.json() == nlohmann::json::parse("[[0,4,4],[1,0,8]]"));
    CHECK_THROWS_WITH(rates.set(2, 1, 1), Contains("row 2 of 2"));
}
