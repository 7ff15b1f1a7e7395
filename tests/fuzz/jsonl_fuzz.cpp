// SPDX-License-Identifier: Apache-2.0
//
// A libFuzzer target for data rows: the input is a .jsonl or .json file. Every line or element
// becomes a row or is quarantined with a reason, nothing is lost, and what becomes a record can be
// written as a row again.
//   clang++-16 -std=c++20 -O2 -g1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=all tests/fuzz/jsonl_fuzz.cpp -o jsonl_fuzz
//   python3 tests/fuzz/seeds.py corpus && ./jsonl_fuzz -max_len=1000 corpus/jsonl
#include <gppo/data/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace {

void require(bool good) {
    if (!good) std::abort();
}

const int descriptor = memfd_create("jsonl", 0);
const std::string path = "/proc/self/fd/" + std::to_string(descriptor);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    require(ftruncate(descriptor, 0) == 0 &&
            pwrite(descriptor, data, size, 0) == static_cast<ssize_t>(size));
    gppo::JsonlOptions options;
    options.max_bad_ratio = 1;
    options.max_row_bytes = 200;  // long rows are in reach of short inputs
    options.max_depth = 12;
    try {
        const gppo::JsonRows read = gppo::read_jsonl(path, options);
        require(!read.rows.empty());
        for (const gppo::BadRow& bad : read.quarantine)
            require(bad.row > 0 && !bad.reason.empty() &&
                    bad.reason.find('\n') == std::string::npos);
        for (const gppo::JsonRow& row : read.rows) {
            require(row.row > 0 && row.value.is_object());
            try {
                const gppo::Record record = gppo::record_of(row.value);
                const auto again = gppo::record_of(gppo::verl_row(record, 0, "train"));
                require(again.gold == record.gold);
            } catch (const gppo::Error&) {
            }
        }
    } catch (const gppo::Error& error) {
        require(std::string_view(error.what()).starts_with(path));
    }
    return 0;
}
