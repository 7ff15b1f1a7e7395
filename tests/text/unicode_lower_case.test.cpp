// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/unicode_lower_case.hpp>

#include <cstddef>
#include <iterator>

TEST_CASE("runs of lower case ascend and their steps meet their ends",
          "[text][unicode_lower_case]") {
    char32_t after = 0;
    for (const auto& run : gppo::unicode::lower_case) {
        CHECK(run.first >= after);
        CHECK(run.step > 0);
        CHECK((run.last - run.first) % static_cast<char32_t>(run.step) == 0);
        after = run.last;
    }
}

TEST_CASE("ranges of characters with case ascend and do not touch", "[text][unicode_lower_case]") {
    const auto ascending = [](const auto& ranges) {
        for (std::size_t i = 0; i + 1 < std::size(ranges); ++i)
            if (i % 2 == 0 ? ranges[i] > ranges[i + 1] : ranges[i] + 1 >= ranges[i + 1])
                return false;
        return std::size(ranges) % 2 == 0;
    };
    CHECK(ascending(gppo::unicode::cased));
    CHECK(ascending(gppo::unicode::case_ignored));
}
