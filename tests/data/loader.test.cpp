// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/loader.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

using gppo::Index;
using gppo::Loader;

TEST_CASE("every epoch gives each row once, in another order", "[data][loader]") {
    Loader loader(100, 7);
    const auto first = loader.next(100), second = loader.next(100);
    CHECK(std::set<Index>(first.begin(), first.end()).size() == 100);
    CHECK(std::set<Index>(second.begin(), second.end()).size() == 100);
    CHECK(first != second);
    CHECK_FALSE(std::is_sorted(first.begin(), first.end()));
    CHECK(gppo::epoch_order(100, 7, 0) == first);
    CHECK(gppo::epoch_order(100, 8, 0) != first);
}

TEST_CASE("a loader resumed at any cursor goes on as if never stopped", "[data][loader]") {
    Loader whole(13, 3), other(13, 3);
    const auto expected = whole.next(60);
    for (std::size_t stop = 0; stop < 60; ++stop) {
        Loader resumed(13, 3, other.cursor());
        const auto rest = resumed.next(static_cast<Index>(60 - stop));
        INFO("stopped after " << stop);
        CHECK(std::equal(rest.begin(), rest.end(), expected.begin() + static_cast<Index>(stop)));
        CHECK(other.next() == expected[stop]);
    }
    CHECK(Loader(13, 3, {2, 13}).next() == Loader(13, 3, {3, 0}).next());
}

TEST_CASE("all orders of three rows are equally likely", "[data][loader]") {
    std::vector<int> counts(27, 0);
    for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) {
        const auto order = gppo::epoch_order(3, 1, epoch);
        ++counts[static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2])];
    }
    for (const int count : counts)
        if (count > 0) CHECK(std::abs(count - 1000) < 150);
    CHECK(std::count(counts.begin(), counts.end(), 0) == 21);
}

TEST_CASE("an empty dataset or a foreign cursor is an error", "[data][loader]") {
    CHECK_THROWS_AS(Loader(0, 1), gppo::Error);
    CHECK_THROWS_AS(Loader(5, 1, {0, 6}), gppo::Error);
    CHECK_THROWS_AS(Loader(5, 1, {0, -1}), gppo::Error);
}
