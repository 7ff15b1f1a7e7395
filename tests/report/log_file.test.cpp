// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/log_file.hpp>

#include <csignal>
#include <sys/resource.h>

using gppo::Error;
using gppo::LogFile;

TEST_CASE("a line is in the file as soon as append returns", "[report][log_file]") {
    TemporaryDirectory dir;
    LogFile file(dir.path / "a.jsonl");
    file.append("one");
    CHECK(read_file(dir.path / "a.jsonl") == "one\n");
    file.append("");
    CHECK(read_file(dir.path / "a.jsonl") == "one\n\n");
    CHECK(file.lines() == 2);
    CHECK(file.bytes() == 5);
    CHECK_THROWS_AS(file.append("two\nlines"), Error);
    CHECK(read_file(dir.path / "a.jsonl") == "one\n\n");
}

TEST_CASE("opening for appending drops the half line a kill left behind", "[report][log_file]") {
    TemporaryDirectory dir;
    write_file(dir.path / "a.jsonl", "one\ntwo\nthr");
    LogFile file(dir.path / "a.jsonl");
    CHECK(file.lines() == 2);
    file.append("three");
    CHECK(read_file(dir.path / "a.jsonl") == "one\ntwo\nthree\n");
}

TEST_CASE("resuming keeps exactly the lines the checkpoint knew", "[report][log_file]") {
    TemporaryDirectory dir;
    const auto path = dir.path / "a.jsonl";
    // Long enough that the cut falls beyond the first block that is read.
    std::string kept, text;
    for (int i = 0; i < 20000; ++i) {
        text += "line " + std::to_string(i) + '\n';
        if (i == 14999) kept = text;
    }
    write_file(path, text + "half");
    LogFile file(path, 15000);
    CHECK(file.bytes() == kept.size());
    file.append("next");
    CHECK(read_file(path) == kept + "next\n");
    LogFile empty(path, 0);
    CHECK(read_file(path).empty());
}

TEST_CASE("a file shorter than its checkpoint is an error and stays as it is",
          "[report][log_file]") {
    TemporaryDirectory dir;
    write_file(dir.path / "a.jsonl", "one\nhalf");
    CHECK_THROWS_WITH(
        LogFile(dir.path / "a.jsonl", 2),
        Catch::Matchers::Contains("a.jsonl") && Catch::Matchers::Contains("has 1 lines"));
    CHECK(read_file(dir.path / "a.jsonl") == "one\nhalf");
}

TEST_CASE("a line that does not fit is an error naming the file and leaves no part of itself",
          "[report][log_file]") {
    TemporaryDirectory dir;
    LogFile file(dir.path / "a.jsonl");
    file.append("fits");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 10;  // bytes: the next write is cut short, as on a full disk
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
        file.append("does not fit");
    } catch (const Error& error) {
        message = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    CHECK_THAT(message, Catch::Matchers::Contains("a.jsonl: cannot write: "));
    CHECK(read_file(dir.path / "a.jsonl") == "fits\n");
    file.append("again");
    CHECK(read_file(dir.path / "a.jsonl") == "fits\nagain\n");
}

TEST_CASE("a full disk and an absent directory are errors naming the file", "[report][log_file]") {
    if (std::filesystem::exists("/dev/full")) {
        LogFile full("/dev/full");
        CHECK_THROWS_WITH(full.append("x"),
                          Catch::Matchers::Contains("/dev/full: cannot write: No space left"));
    }
    CHECK_THROWS_WITH(LogFile("/nonexistent/a.jsonl"),
                      Catch::Matchers::Contains("/nonexistent/a.jsonl: cannot open"));
    LogFile unopened;
    CHECK_THROWS_AS(unopened.append("x"), Error);
}

TEST_CASE("a moved log file continues where it was", "[report][log_file]") {
    TemporaryDirectory dir;
    LogFile first(dir.path / "a.jsonl");
    first.append("one");
    LogFile second = std::move(first);
    second.append("two");
    CHECK(second.lines() == 2);
    CHECK(read_file(dir.path / "a.jsonl") == "one\ntwo\n");
}
