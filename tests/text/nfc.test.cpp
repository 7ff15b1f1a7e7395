// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/nfc.hpp>

TEST_CASE("text is composed", "[text][nfc]") {
    CHECK(gppo::to_nfc("cafe\u0301") == "caf\u00E9");
    CHECK(gppo::to_nfc("s\u0307\u0323") == "\u1E69");       // marks sorted, then composed twice
    CHECK(gppo::to_nfc("\u1100\u1161\u11A8") == "\uAC01");  // Hangul by formula
    CHECK(gppo::to_nfc("\uAC00\u11A8") == "\uAC01");
    CHECK(gppo::to_nfc("\u212B") == "\u00C5");        // singleton
    CHECK(gppo::to_nfc("\u0958") == "\u0915\u093C");  // composition exclusion
    CHECK(gppo::to_nfc("a\u0315\u0300") == "\u00E0\u0315");
}

TEST_CASE("marks of one class and above block composition", "[text][nfc]") {
    CHECK(gppo::to_nfc("a\u0305\u0301") ==
          "a\u0305\u0301");                                  // both above: the first stands between
    CHECK(gppo::to_nfc("\u0301e\u0301") == "\u0301\u00E9");  // a mark at the start has no base
    CHECK(gppo::to_nfc("e \u0301") == "e \u0301");
    CHECK(gppo::to_nfc("\u1100\u0301\u1161") == "\u1100\u0301\u1161");
}

TEST_CASE("text in the form already is recognised without work", "[text][nfc]") {
    CHECK(gppo::is_surely_nfc("plain"));
    CHECK(gppo::is_surely_nfc("\u00E9 \u4E2D \uAC01 \U0001F600"));
    CHECK_FALSE(gppo::is_surely_nfc("e\u0301"));
    CHECK(gppo::to_nfc("") == "");
}
