// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/utf8.hpp>

#include <string>

TEST_CASE("every code point survives encoding and decoding", "[text][utf8]") {
    std::size_t wrong = 0;
    for (char32_t c = 0; c < 0x110000; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        std::string text;
        gppo::append_utf8(text, c);
        const gppo::CodePoint read = gppo::decode_utf8(text, 0);
        wrong += !(read.valid && read.value == c && read.bytes == text.size());
        for (std::size_t n = 1; n < text.size();
             ++n)  // every proper beginning is unfinished, not wrong
            wrong += gppo::unfinished_utf8("x" + text.substr(0, n)) != n;
        wrong += gppo::unfinished_utf8(text) != 0;
    }
    CHECK(wrong == 0);
}

TEST_CASE("each maximal ill-formed part becomes one replacement character", "[text][utf8]") {
    const std::string r = "\xEF\xBF\xBD";
    const auto repaired = [](std::string_view text) { return gppo::replace_invalid_utf8(text); };
    CHECK(repaired("ok \xC3\xA9") == "ok \xC3\xA9");
    CHECK(repaired("a\x80z") == "a" + r + "z");            // stray continuation
    CHECK(repaired("\xC0\xAF") == r + r);                  // overlong '/'
    CHECK(repaired("\xE0\x80\xAF") == r + r + r);          // overlong, three bytes
    CHECK(repaired("\xED\xA0\x80") == r + r + r);          // surrogate
    CHECK(repaired("\xF4\x90\x80\x80") == r + r + r + r);  // past U+10FFFF
    CHECK(repaired("\xF0\x9F\x98") == r);                  // cut off
    CHECK(repaired("\xF0\x9F\x98z") == r + "z");           // interrupted
    CHECK(repaired("\xF1\x80\x80\xE1\x80\xC2z\xFF") ==
          r + r + r + "z" + r);  // Unicode 3.9, table 3-8
    CHECK_FALSE(gppo::is_utf8("\xF0\x9F\x98"));
    CHECK(gppo::is_utf8(""));
}

TEST_CASE("only what more bytes could complete counts as unfinished", "[text][utf8]") {
    CHECK(gppo::unfinished_utf8("") == 0);
    CHECK(gppo::unfinished_utf8("abc") == 0);
    CHECK(gppo::unfinished_utf8("\x80") == 0);
    CHECK(gppo::unfinished_utf8("\xED\xA0") == 0);
    CHECK(gppo::unfinished_utf8("\xF0\x9F\x98") == 3);
    CHECK(gppo::unfinished_utf8("\xC3\xA9\xC3") == 1);
}
