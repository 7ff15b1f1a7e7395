// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/data/row_stream.hpp>

#include <string>
#include <vector>

using Catch::Matchers::Contains;

namespace {

struct Seen {
    std::vector<gppo::Index> rows;
    std::vector<std::string> texts;
    std::vector<gppo::BadRow> bad;
};

Seen read(const std::string& path, double max_bad) {
    Seen seen;
    seen.bad = gppo::for_each_row(path, {.max_bad_ratio = max_bad}, [&](gppo::StreamRow& row) {
        if (row.value.contains("refuse")) return std::string("refused");
        seen.rows.push_back(row.row);
        seen.texts.push_back(row.text);
        return std::string();
    });
    return seen;
}

}  // namespace

TEST_CASE("rows come in order with their bytes, bad ones with line and reason",
          "[data][row_stream]") {
    const TemporaryDirectory work;
    const std::string path = (work.path / "a.jsonl").string();
    write_file(
        path,
        std::string(
            "{\"a\": 1.10 }\r\n\nbroken\n{\"refuse\": 1}\n {\"b\": 12345678901234567890123}"));
    const Seen seen = read(path, 0.5);
    CHECK(seen.rows == std::vector<gppo::Index>{1, 5});
    CHECK(seen.texts ==
          std::vector<std::string>{"{\"a\": 1.10 }", " {\"b\": 12345678901234567890123}"});
    REQUIRE(seen.bad.size() == 2);
    CHECK(seen.bad[0].row == 3);
    CHECK(seen.bad[1].row == 4);
    CHECK(seen.bad[1].reason == "refused");
    CHECK_THROWS_WITH(read(path, 0.4),
                      Contains("a.jsonl: 2 of 4 rows are bad, the first at row 3"));
    std::vector<gppo::Index> lines;
    gppo::for_each_line(path, {}, [&](gppo::Index row, std::string_view) { lines.push_back(row); });
    CHECK(lines == std::vector<gppo::Index>{1, 3, 4, 5});
}

TEST_CASE("elements of an array are rows too", "[data][row_stream]") {
    const TemporaryDirectory work;
    const std::string path = (work.path / "a.json").string();
    write_file(path, std::string("[\n {\"a\": [1]}, 7,\n {\"b\": 2}]"));
    const Seen seen = read(path, 0.5);
    CHECK(seen.rows == std::vector<gppo::Index>{1, 3});
    CHECK(seen.texts.front() == "{\"a\":[1]}");
    REQUIRE(seen.bad.size() == 1);
    CHECK(seen.bad[0].row == 2);
    std::vector<std::string> lines;
    gppo::for_each_line(path, {}, [&](gppo::Index, std::string_view t) { lines.emplace_back(t); });
    CHECK(lines == std::vector<std::string>{"{\"a\":[1]}", "{\"b\":2}"});
    CHECK_THROWS_WITH(read((work.path / "none").string(), 1), Contains("cannot read"));
    write_file(path, std::string("\n"));
    CHECK_THROWS_WITH(read(path, 1), Contains("the dataset is empty"));
}
