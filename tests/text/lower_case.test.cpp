// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/lower_case.hpp>

#include <string>

// Every character is compared with Python's in tests/oracle/decontaminate.py.

TEST_CASE("lower case is Python's", "[text][lower_case]") {
    CHECK(gppo::lower_case("AbC z\t09") == "abc z\t09");
    CHECK(gppo::lower_case("ÀÉÎ ŒΔЖ") == "àéî œδж");
    CHECK(gppo::lower_case("\u0130I") == "i\u0307i");
    CHECK(gppo::lower_case("\u1E9E \u212A \u2126") == "\u00DF k \u03C9");
    CHECK(gppo::lower_case("\U00010400\U0001D400") == "\U00010428\U0001D400");
    CHECK(gppo::lower_case("") == "");
}

TEST_CASE("a capital sigma is final at the end of a word only", "[text][lower_case]") {
    CHECK(gppo::lower_case("ΣΑΣ ΑΣ. Σ ΣΣ") == "σας ας. σ σς");
    CHECK(gppo::lower_case("AΣ'Σ A\u0301Σ 1Σ AΣ1") == "aσ'ς a\u0301ς 1σ aς1");
}

TEST_CASE("bytes that are no UTF-8 become the replacement character", "[text][lower_case]") {
    CHECK(gppo::lower_case("A\xFFZ") == "a\uFFFDz");
    CHECK(gppo::lower_case("Z\xCE") == "z\uFFFD");
    CHECK(gppo::lower_case("\x80\xCE\xA3") == "\uFFFD\u03C3");
}
