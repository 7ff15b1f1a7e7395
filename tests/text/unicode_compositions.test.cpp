// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/unicode_compositions.hpp>

#include <iterator>
#include <map>
#include <utility>

TEST_CASE("a pair composes to one character", "[text][unicode_compositions]") {
    const auto& table = gppo::unicode::compositions;
    REQUIRE(std::size(table) % 3 == 0);
    std::map<std::pair<char32_t, char32_t>, char32_t> composed;
    for (std::size_t i = 0; i < std::size(table); i += 3)
        composed[{table[i], table[i + 1]}] = table[i + 2];
    CHECK(composed.size() == std::size(table) / 3);
    CHECK(composed.at({U'e', 0x301}) == 0xE9);
    CHECK(composed.at({0x1E62, 0x307}) == 0x1E68);  // Ṣ and a dot
}
