// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/text/json_quoted.hpp>

TEST_CASE("quoted text stays on one line and is ASCII", "[text]") {
    CHECK(gppo::json_quoted("a \"b\"\n") == R"("a \"b\"\n")");
    CHECK(gppo::json_quoted("é\xff") == R"("\u00e9\ufffd")");
    CHECK(gppo::json_quoted("") == "\"\"");
}
