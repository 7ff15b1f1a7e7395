// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/in_threads.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

using gppo::in_threads;

TEST_CASE("each piece of work is done once, whatever the number of threads") {
    for (const int threads : {-1, 0, 1, 3, 50})
        for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{20}}) {
            CAPTURE(threads, count);
            std::vector<std::atomic<int>> done(count);
            std::atomic<int> made{0};
            in_threads(count, threads, [&] {
                ++made;
                return [&](std::size_t i) { ++done[i]; };
            });
            for (const auto& times : done) CHECK(times == 1);
            CHECK(made <= std::max<int>(1, std::min<int>(threads, static_cast<int>(count))));
            CHECK((made > 0) == (count > 0));
        }
}

TEST_CASE("the first failure is thrown and ends the work") {
    std::atomic<int> begun{0};
    const auto fail = [&](std::size_t i) {
        ++begun;
        if (i == 3) throw std::runtime_error("piece 3");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    CHECK_THROWS_WITH(in_threads(10'000, 2, [&] { return fail; }), "piece 3");
    CHECK(begun < 1'000);
}

TEST_CASE("a failure to begin is thrown as well") {
    const auto make = [&]() -> void (*)(std::size_t) { throw std::runtime_error("no endpoint"); };
    CHECK_THROWS_WITH(in_threads(5, 2, make), "no endpoint");
}
