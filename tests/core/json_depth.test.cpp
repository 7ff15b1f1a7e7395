// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/json_depth.hpp>

#include <string>

TEST_CASE("nesting of JSON counts brackets outside strings", "[core][json_depth]") {
    CHECK(gppo::json_depth("") == 0);
    CHECK(gppo::json_depth("1") == 0);
    CHECK(gppo::json_depth(R"({"a": [1, {"b": 2}], "c": []})") == 3);
    CHECK(gppo::json_depth(R"(["[[[", "\"[[", "\\"])") == 1);
    CHECK(gppo::json_depth("[[") == 2);
    CHECK(gppo::json_depth("]]]]") == 0);
    CHECK(gppo::json_depth(std::string(100000, '[')) == 100000);
    CHECK(gppo::json_depth("\"\\") == 0);
}
