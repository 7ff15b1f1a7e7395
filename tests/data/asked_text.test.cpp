// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/asked_text.hpp>

using Catch::Matchers::Contains;
using gppo::asked_text;
using nlohmann::json;

TEST_CASE("what is asked is found in rows of every shape, with or without an answer",
          "[data][asked_text]") {
    CHECK(asked_text({{"problem", "p"}}) == "p");
    CHECK(asked_text({{"question", "q"}, {"answer", "a"}}) == "q");
    CHECK(
        asked_text(json::parse(
            R"({"prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]})")) ==
        "u");
    CHECK(asked_text(json::parse(R"({"messages": [{"role": "user", "content": "u"},
        {"role": "assistant", "content": "a"}, {"role": "user", "content": "v"}]})")) == "u\nv");
    CHECK(
        asked_text(json::parse(
            R"({"conversations": [{"from": "human", "value": "h"}, {"from": "gpt", "value": "g"}]})")) ==
        "h");
    CHECK(asked_text(json::parse(R"({"messages": [{"role": "user", "content": [{"type": "text",
        "text": "t"}, {"type": "image_url"}]}]})")) == "t");
}

TEST_CASE("a field is named as it is or by its path", "[data][asked_text]") {
    const json row = json::parse(R"({"problem": "p", "meta": {"problem": "m"}, "a.b": "dots"})");
    CHECK(asked_text(row, "meta.problem") == "m");
    CHECK(asked_text(row, "a.b") == "dots");
    CHECK_THROWS_WITH(asked_text(row, "meta.none"), Contains("no text in field \"meta.none\""));
    CHECK_THROWS_WITH(asked_text(row, "problem.x"), Contains("no text in field"));
    CHECK_THROWS_WITH(asked_text(row, "meta"), Contains("no text in field"));
}

TEST_CASE("rows without text are refused", "[data][asked_text]") {
    CHECK_THROWS_WITH(asked_text({{"x", 1}}), Contains("--field"));
    CHECK_THROWS_WITH(asked_text(json::parse(R"({"messages": ["text"]})")), Contains("lacks"));
    CHECK_THROWS_WITH(asked_text(json::parse(R"({"messages": [{"role": 1, "content": "c"}]})")),
                      Contains("lacks"));
    CHECK_THROWS_WITH(asked_text(json::parse(R"({"messages": [{"role": "user", "content": 5}]})")),
                      Contains("no text"));
}
