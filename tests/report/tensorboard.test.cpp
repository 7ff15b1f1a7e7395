// SPDX-License-Identifier: Apache-2.0
//
// What TensorBoard itself reads from these files is tested in tests/oracle/tensorboard.py.
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/report/tensorboard.hpp>

#include <cstring>

using gppo::crc32c;
using gppo::ProtoMessage;
using gppo::TensorBoard;

TEST_CASE("crc32c gives the check values of RFC 3720 B.4", "[report][tensorboard]") {
    STATIC_REQUIRE(crc32c("123456789") == 0xe3069283u);
    STATIC_REQUIRE(crc32c("") == 0u);
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
}

TEST_CASE("protobuf fields are encoded as the specification's examples are",
          "[report][tensorboard]") {
    CHECK(ProtoMessage().varint(1, 150).text() == "\x08\x96\x01");
    CHECK(ProtoMessage().bytes(2, "testing").text() == "\x12\x07testing");
    CHECK(ProtoMessage().float32(2, 1.0f).text() == std::string("\x15\x00\x00\x80\x3f", 5));
    CHECK(ProtoMessage().varint(1, ~std::uint64_t{0}).text().size() == 11);
}

TEST_CASE("every record carries its length and two checksums and ends where the next begins",
          "[report][tensorboard]") {
    TemporaryDirectory dir;
    TensorBoard events(dir.path / "run");
    events.write(gppo::Metrics{5, "rl", {{"a", 1}, {"timing_s/step", 2}}});
    events.text(5, "sample", "hello");
    const std::string file = read_file(events.path());
    std::size_t at = 0;
    int records = 0;
    for (; at < file.size(); ++records) {
        std::uint64_t length = 0;
        std::uint32_t crc = 0;
        REQUIRE(at + 12 <= file.size());
        std::memcpy(&length, file.data() + at, 8);
        std::memcpy(&crc, file.data() + at + 8, 4);
        CHECK(crc == std::rotr(crc32c(file.substr(at, 8)), 15) + 0xa282ead8u);
        REQUIRE(at + 16 + length <= file.size());
        std::memcpy(&crc, file.data() + at + 12 + length, 4);
        CHECK(crc == std::rotr(crc32c(file.substr(at + 12, length)), 15) + 0xa282ead8u);
        at += 16 + length;
    }
    CHECK(records == 5);  // version, session start, two scalars, one text
    CHECK(file.find("brain.Event:2") != std::string::npos);
}

TEST_CASE("every start makes a file of its own that sorts after the last",
          "[report][tensorboard]") {
    TemporaryDirectory dir;
    std::filesystem::path last;
    for (gppo::Index start = 0; start < 12; ++start) {
        const TensorBoard events(dir.path, start);
        CHECK(last < events.path());
        last = events.path();
    }
    CHECK(last.filename().string().starts_with("events.out.tfevents."));
}

TEST_CASE("an event file that cannot be made is an error naming it", "[report][tensorboard]") {
    TemporaryDirectory dir;
    write_file(dir.path / "file", "");
    CHECK_THROWS_WITH(TensorBoard(dir.path / "file"),
                      Catch::Matchers::Contains("file: cannot create the directory"));
}
