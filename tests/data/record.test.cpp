// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/record.hpp>

TEST_CASE("a record starts empty and keeps the row it came from", "[data][record]") {
    gppo::Record record;
    CHECK(record.prompt.empty());
    CHECK(record.gold.empty());
    CHECK(record.row == 0);
    record.raw = nlohmann::json::parse(R"({"odd": [1, null]})");
    const gppo::Record copy = record;
    CHECK(copy.raw == record.raw);
}
