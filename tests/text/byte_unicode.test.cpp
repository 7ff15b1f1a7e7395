// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/byte_unicode.hpp>

#include <string>

TEST_CASE("every byte has a spelling of its own that leads back to it", "[text][byte_unicode]") {
    for (int b = 0; b < 256; ++b) {
        const std::string byte(1, static_cast<char>(b));
        const auto back = gppo::unspell_bytes(gppo::spell_bytes(byte));
        REQUIRE(back.has_value());
        CHECK(*back == byte);
    }
}

TEST_CASE("bytes are spelled as GPT-2 spells them", "[text][byte_unicode]") {
    CHECK(gppo::spell_bytes(" the\n") == "\u0120the\u010A");
    CHECK(gppo::spell_bytes("\xC3\xA9") == "\u00C3\u00A9");
    CHECK(gppo::spell_bytes(std::string("\0\xAD", 2)) == "\u0100\u0143");
}

TEST_CASE("characters outside the alphabet spell no bytes", "[text][byte_unicode]") {
    CHECK_FALSE(gppo::unspell_bytes("a b").has_value());
    CHECK_FALSE(gppo::unspell_bytes("\u0144").has_value());
    CHECK_FALSE(gppo::unspell_bytes("\xFF").has_value());
    CHECK(gppo::unspell_bytes("") == "");
}
