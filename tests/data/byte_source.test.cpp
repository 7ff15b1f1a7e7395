// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/data/byte_source.hpp>
#include <gppo/data/jsonl.hpp>

#include <cstdlib>
#include <string>
#include <vector>

using Catch::Matchers::Contains;

namespace {

/// All bytes, `step` at a time.
std::string unpacked(const std::string& path, std::size_t step = 1000) {
    const auto source = gppo::open_bytes(path);
    std::string all, piece(step, '\0');
    while (const std::size_t got = source->read(piece.data(), step)) all.append(piece, 0, got);
    return all;
}

/// 300 kB that pack well and 100 kB that do not: room and input run out at different places.
std::string sample() {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "{\"n\": " + std::to_string(i % 10) + "}\n";
    unsigned state = 1;
    for (int i = 0; i < 100'000; ++i) {
        state = state * 1664525 + 1013904223;
        text += static_cast<char>(state >> 24);
    }
    return text;
}

bool packed(const std::string& program, const std::filesystem::path& from,
            const std::filesystem::path& to) {
    return std::system(
               (program + " -c < " + from.string() + " >> " + to.string() + " 2>&-").c_str()) == 0;
}

[[maybe_unused]] void check_packed(const std::string& program, const std::string& ending) {
    const TemporaryDirectory work;
    const auto plain = work.path / "plain", file = work.path / ("rows.jsonl" + ending);
    write_file(plain, sample());
    if (!packed(program, plain, file)) {
        WARN("skipped: no " + program);
        return;
    }
    for (const std::size_t step : std::vector<std::size_t>{1, 7, 1000, 65536, 1'000'000})
        CHECK(unpacked(file.string(), step) == sample());
    REQUIRE(packed(program, plain, file));  // one after the other in one file
    CHECK(unpacked(file.string()) == sample() + sample());
    const std::string bytes = read_file(file);
    const auto cut = (work.path / ("cut" + ending)).string();
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{5}, bytes.size() / 2 + 10, bytes.size() - 1}) {
        write_file(cut, bytes.substr(0, size));
        CHECK_THROWS_WITH(unpacked(cut), Contains("cut" + ending + ": it is cut off"));
    }
    write_file(cut, std::string("{\"not\": \"packed\"}\n"));
    CHECK_THROWS_WITH(unpacked(cut), Contains("cannot read") && Contains("not valid"));
    const auto rows = (work.path / ("small.jsonl" + ending)).string();
    write_file(plain, std::string("{\"a\": 1}\n{\"a\": 2}\n"));
    REQUIRE(packed(program, plain, rows));
    CHECK(gppo::read_jsonl(rows).rows.size() == 2);
}

}  // namespace

TEST_CASE("plain files are read as they are", "[data][byte_source]") {
    const TemporaryDirectory work;
    write_file(work.path / "a", sample());
    CHECK(unpacked((work.path / "a").string()) == sample());
    CHECK_THROWS_WITH(gppo::open_bytes((work.path / "none").string()), Contains("No such file"));
    CHECK_THROWS_WITH(gppo::open_bytes(work.path.string()), Contains("it is a directory"));
}

TEST_CASE("gzip files are unpacked, or refused with a remedy", "[data][byte_source]") {
#ifdef GPPO_ZLIB
    check_packed("gzip", ".gz");
    CHECK_THROWS_WITH(gppo::open_bytes("/none.gz"), Contains("No such file"));
#else
    CHECK_THROWS_WITH(gppo::open_bytes("a.gz"), Contains("built without zlib (zlib1g-dev)"));
#endif
}

TEST_CASE("zstd files are unpacked, or refused with a remedy", "[data][byte_source]") {
#ifdef GPPO_ZSTD
    check_packed("zstd", ".zst");
    CHECK_THROWS_WITH(gppo::open_bytes("/none.zst"), Contains("No such file"));
#else
    CHECK_THROWS_WITH(gppo::open_bytes("a.zst"), Contains("built without zstd (libzstd-dev)"));
#endif
}
