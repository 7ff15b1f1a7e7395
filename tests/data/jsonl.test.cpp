// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/data/jsonl.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace {

// A file in the temporary directory that goes when the test does.
struct TemporaryFile {
    std::string path;

    explicit TemporaryFile(const std::string& content) {
        static int count = 0;
        const std::string name =
            "gppo_jsonl_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
        path = (std::filesystem::temp_directory_path() / name).string();
        std::ofstream(path, std::ios::binary) << content;
    }
    ~TemporaryFile() { std::remove(path.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
};

std::string error_of(const std::string& path, const gppo::JsonlOptions& options = {}) {
    try {
        (void)gppo::read_jsonl(path, options);
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("byte order mark, CRLF, empty lines and a last line without end are read",
          "[data][jsonl]") {
    const TemporaryFile file("\xEF\xBB\xBF{\"a\": 1}\r\n\r\n  \n{\"a\": \"\\u00e9\"}\n{\"a\": 3}");
    const auto read = gppo::read_jsonl(file.path);
    REQUIRE(read.rows.size() == 3);
    CHECK(read.rows[0].row == 1);
    CHECK(read.rows[1].row == 4);
    CHECK(read.rows[1].value["a"] == "é");
    CHECK(read.rows[2].row == 5);
    CHECK(read.quarantine.empty());
}

TEST_CASE("bad rows are quarantined with line and reason, good ones kept", "[data][jsonl]") {
    const std::string deep = std::string(5000, '[') + std::string(5000, ']');
    const TemporaryFile file(std::string("{\"a\": 1}\n{\"a\": \nnull\n[1]\n{\"a\": \"\xff\"}\n") +
                             "{\"b\": " + deep + "}\n{\"a\": \"" + std::string(3000, 'x') +
                             "\"}\n" + std::string("{\"a\":\0}\n", 8) + "{\"a\": 2}\n");
    const auto read = gppo::read_jsonl(file.path, {.max_bad_ratio = 0.9, .max_row_bytes = 2000});
    CHECK(read.rows.size() == 2);
    REQUIRE(read.quarantine.size() == 7);
    CHECK(read.quarantine[0].row == 2);
    CHECK(has(read.quarantine[1].reason, "null"));
    CHECK(has(read.quarantine[3].reason, "UTF-8"));
    CHECK(has(read.quarantine[4].reason, "longer than 2000"));
    CHECK(has(read.quarantine[5].reason, "longer than 2000"));
    CHECK(read.quarantine[6].row == 8);
    const auto deeper = gppo::read_jsonl(file.path, {.max_bad_ratio = 0.9});
    CHECK(has(deeper.quarantine[4].reason, "nested deeper"));
    CHECK(deeper.rows.size() == 3);
    for (const auto& bad : read.quarantine)
        CHECK(std::all_of(bad.text.begin(), bad.text.end(),
                          [](char c) { return c >= 32 && c < 127; }));
}

TEST_CASE("too many bad rows, no rows and no file are errors that name the file", "[data][jsonl]") {
    const TemporaryFile half("{}\nbroken\n"), nothing(""), blank("\n \n"), bad("x\n");
    CHECK(has(error_of(half.path), half.path + ": 1 of 2 rows are bad, the first at row 2"));
    CHECK(error_of(half.path, {.max_bad_ratio = 0.5}).empty());
    CHECK(has(error_of(nothing.path), nothing.path + ": the dataset is empty"));
    CHECK(has(error_of(blank.path), "the dataset is empty"));
    CHECK(has(error_of(bad.path, {.max_bad_ratio = 1}), "no row can be used"));
    CHECK(has(error_of("/nonexistent/x.jsonl"), "cannot read /nonexistent/x.jsonl: No such file"));
    CHECK(has(error_of("/"), "it is a directory"));
}

TEST_CASE("a file that is one array gives its elements", "[data][jsonl]") {
    const TemporaryFile file("[\n {\"a\": 1},\n 5,\n {\"a\": [2]}\n]\n"), cut("[{\"a\": 1},");
    const auto read = gppo::read_jsonl(file.path, {.max_bad_ratio = 0.5});
    REQUIRE(read.rows.size() == 2);
    CHECK(read.rows[1].row == 3);
    REQUIRE(read.quarantine.size() == 1);
    CHECK(read.quarantine[0].row == 2);
    CHECK(has(error_of(cut.path), "not a valid JSON array"));
}

TEST_CASE("a line over the limit is skipped without storing it", "[data][jsonl]") {
    const TemporaryFile file("{\"a\": \"" + std::string(10 << 20, 'x') + "\"}\n{\"a\": 1}");
    gppo::LineReader reader(file.path, 1000);
    std::string line;
    REQUIRE(reader.next(line));
    CHECK(line.size() == 1001);
    REQUIRE(reader.next(line));
    CHECK(line == "{\"a\": 1}");
    CHECK_FALSE(reader.next(line));
}
