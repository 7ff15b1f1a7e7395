// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/xxhash64.hpp>

#include <string>

TEST_CASE("XXH64 has the values of PyPI's xxhash", "[data][xxhash64]") {
    static_assert(gppo::xxhash64("") == 0xEF46DB3751D8E999u);
    static_assert(gppo::xxhash64("", 1) == 0xD5AFBA1336A3BE4Bu);
    static_assert(gppo::xxhash64("a") == 0xD24EC4F1A98C6E5Bu);
    static_assert(gppo::xxhash64("abc") == 0x44BC2CF5AD770999u);
    static_assert(gppo::xxhash64("the quick brown fox jumps") == 0x6C3482CE6D00F490u);
    CHECK(gppo::xxhash64(std::string(31, 'x')) == 0x60DD0D01083B99F0u);
    CHECK(gppo::xxhash64(std::string(32, 'y')) == 0x64DA1F1D3495CE66u);
    CHECK(gppo::xxhash64(std::string(32, 'y'), 1) == 0xCA60EC0706DFAA09u);
    CHECK(gppo::xxhash64("the sum of all positive integers that divide", 1) == 0x6ACF35CEEEC4755Au);
}
