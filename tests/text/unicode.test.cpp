// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/unicode.hpp>

TEST_CASE("characters are classed as the tokenizers' regexes class them", "[text][unicode]") {
    namespace u = gppo::unicode;
    const auto of = [table = u::class_table()](int c) { return table[c]; };
    CHECK(of('a') == u::letter);
    CHECK(of('7') == u::number);
    CHECK(of(' ') == u::space);
    CHECK(of('\n') == u::space);
    CHECK(of(0x1C) == 0);  // Python's str.isspace says otherwise
    CHECK(of(0x85) == u::space);
    CHECK(of('<') == 0);
    CHECK(of(0x4E2D) == u::letter);
    CHECK(of(0xBD) == u::number);                     // one half
    CHECK(of(0x301) == (u::mark | u::unsettled));     // combining acute
    CHECK(of(0xE9) == u::letter);                     // é is settled
    CHECK(of(0x212B) == (u::letter | u::unsettled));  // Ångström sign
    CHECK(of(0x10FFFF) == 0);
}
