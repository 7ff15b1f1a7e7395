// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("for_rows runs every row once on any number of threads", "[backend][cpu]") {
    for (const int threads : {1, 2, 5})
        for (const Index n : {0, 1, 4, 1000}) {
            std::vector<int> visits(static_cast<std::size_t>(n));
            Cpu(threads).for_rows(
                n, [&](SerialTeam, Index row) { ++visits[static_cast<std::size_t>(row)]; });
            for (const int count : visits) REQUIRE(count == 1);
        }
}

TEST_CASE("a Cpu has at least one thread and gives zeroed memory", "[backend][cpu]") {
    CHECK(Cpu().threads() >= 1);
    CHECK(Cpu(-3).threads() >= 1);
    auto buffer = Cpu(1).allocate<double>(9);
    CHECK(buffer.size() == 9);
    for (const double x : buffer.view()) CHECK(x == 0.0);
}

TEST_CASE("an empty product leaves C alone and k zero clears it", "[backend][cpu]") {
    std::vector<float> c{1, 2};
    Cpu(1).gemm({0, 2, 3}, nullptr, nullptr, c.data());
    CHECK(c == std::vector<float>{1, 2});
    Cpu(1).gemm({1, 2, 0}, c.data(), c.data(), c.data());
    CHECK(c == std::vector<float>{0, 0});
}
