// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/verify/code_value.hpp>

using namespace gppo;

namespace {

bool same_value(const char* a, const char* b, const ValueEquality& how = {}) {
    INFO(a << " and " << b);
    const bool forward = same_value(Json::parse(a), Json::parse(b), how);
    if (how.tolerance == 0) CHECK(forward == same_value(Json::parse(b), Json::parse(a), how));
    return forward;
}

}  // namespace

TEST_CASE("Numbers are equal as in Python, integers and floats exactly", "[verify][code_value]") {
    CHECK(same_value("1", "1.0"));
    CHECK(same_value("true", "1"));
    CHECK(same_value("0", "-0.0"));
    CHECK(same_value(R"({"i":"9223372036854775808"})", "9223372036854775808"));
    CHECK_FALSE(same_value("9007199254740993", "9007199254740992.0"));
    CHECK(same_value("9007199254740992", "9007199254740992.0"));
    CHECK_FALSE(same_value("1", "\"1\""));
    CHECK_FALSE(same_value("0.1", "0.10000000000000002"));
    CHECK_FALSE(same_value("null", "0"));
    CHECK_FALSE(same_value("null", "false"));
}

TEST_CASE("NaN equals nothing, infinity only itself", "[verify][code_value]") {
    CHECK_FALSE(same_value(R"({"f":"nan"})", R"({"f":"nan"})"));
    CHECK(same_value(R"({"f":"inf"})", R"({"f":"inf"})"));
    CHECK_FALSE(same_value(R"({"f":"inf"})", R"({"f":"-inf"})"));
    CHECK_FALSE(same_value(R"({"f":"inf"})", "1"));
}

TEST_CASE("Tuples are lists only where the data set says so", "[verify][code_value]") {
    CHECK_FALSE(same_value(R"({"t":[1]})", "[1]"));
    CHECK(same_value(R"({"t":[1]})", "[1]", {.tuples_are_lists = true}));
    CHECK(same_value(R"([{"t":[1]}])", "[[1]]", {.tuples_are_lists = true}));
}

TEST_CASE("Sets and dictionaries have no order, lists have", "[verify][code_value]") {
    CHECK(same_value(R"({"s":[1,2,3]})", R"({"s":[3,1.0,2]})"));
    CHECK_FALSE(same_value(R"({"s":[1,2]})", R"({"s":[1,3]})"));
    CHECK(same_value(R"({"d":[["a",1],["b",2]]})", R"({"d":[["b",2],["a",1]]})"));
    CHECK_FALSE(same_value(R"({"d":[["a",1]]})", R"({"d":[["a",2]]})"));
    CHECK_FALSE(same_value("[1,2]", "[2,1]"));
    CHECK_FALSE(same_value("[1,2]", "[1,2,3]"));
    CHECK_FALSE(same_value(R"({"s":[]})", R"({"d":[]})"));
}

TEST_CASE("A tolerance holds where the expected value is a float", "[verify][code_value]") {
    const ValueEquality near{.tolerance = 1e-6};
    CHECK(same_value("[1.0000001]", "[1.0]", near));
    CHECK(same_value("1", "1.0", near));
    CHECK_FALSE(same_value("1.001", "1.0", near));
    CHECK_FALSE(same_value("1.0000001", "1", near));
    CHECK_FALSE(same_value(R"({"f":"nan"})", "1.0", near));
}

TEST_CASE("What is only a name equals nothing, and forged forms do no harm",
          "[verify][code_value]") {
    CHECK_FALSE(same_value(R"({"u":"All"})", R"({"u":"All"})"));
    CHECK_FALSE(same_value(R"({"u":"All"})", "1"));
    for (const char* forged : {R"({"t":1})", R"({"s":"x"})", R"({"d":null})", R"({"*":"*"})", "{}",
                               R"({"i":[1]})", R"({"f":{}})", R"({"b":1,"c":2})"}) {
        CHECK_FALSE(same_value(forged, "[1]"));
        CHECK_FALSE(same_value(forged, "1"));
        CHECK_FALSE(same_value(forged, R"({"s":[1]})"));
        CHECK_FALSE(same_value(forged, R"({"d":[[1,2]]})"));
    }
}

TEST_CASE("Plain JSON objects become dictionaries", "[verify][code_value]") {
    CHECK(tagged(Json::parse(R"({"a":[{"b":1}]})")) ==
          Json::parse(R"({"d":[["a",[{"d":[["b",1]]}]]]})"));
}
