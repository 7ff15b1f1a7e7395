// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/unicode_classes.hpp>

#include <iterator>

namespace {

template <std::size_t N>
bool ascending(const char32_t (&ranges)[N]) {
    bool good = N % 2 == 0 && ranges[N - 1] < 0x110000;
    for (std::size_t i = 0; i + 1 < N; ++i)
        good &= i % 2 == 0 ? ranges[i] <= ranges[i + 1] : ranges[i] + 1 < ranges[i + 1];
    return good;
}

}  // namespace

TEST_CASE("ranges ascend and do not touch", "[text][unicode_classes]") {
    CHECK(ascending(gppo::unicode::letters));
    CHECK(ascending(gppo::unicode::numbers));
    CHECK(ascending(gppo::unicode::marks));
    CHECK(ascending(gppo::unicode::spaces));
}
