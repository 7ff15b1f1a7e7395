// SPDX-License-Identifier: Apache-2.0
//
// A libFuzzer target for the safetensors parser. An input that begins with '{' is a header, which
// is given its length and as much data as its last byte says, so that mutations reach past the
// first checks; any other input is a file. What is accepted must tile the data and read as numbers.
//   clang++-16 -std=c++20 -O2 -g1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=all tests/fuzz/safetensors_fuzz.cpp -o safetensors_fuzz
//   python3 tests/fuzz/seeds.py corpus && ./safetensors_fuzz -max_len=512 corpus/safetensors
#include <gppo/model/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

void require(bool good) {
    if (!good) std::abort();
}

void parse(std::string_view file) {
    std::vector<gppo::StoredTensor> tensors;
    try {
        tensors = gppo::parse_safetensors(file, "x");
    } catch (const gppo::Error& error) {
        const std::string_view what = error.what();
        require(what.starts_with("x: ") && what.find('\n') == what.npos && what.ends_with(')'));
        return;
    }
    const char* at = file.data() + file.size();
    for (const gppo::StoredTensor& tensor : tensors) at -= tensor.bytes.size();
    require(at >= file.data() + 8);
    for (const gppo::StoredTensor& tensor : tensors) {
        require(tensor.bytes.data() == at);
        at += tensor.bytes.size();
        if (tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16") continue;
        std::vector<float> values(tensor.bytes.size() / (tensor.dtype == "F32" ? 4 : 2));
        gppo::read_as_float(tensor, gppo::View<float>(values));
    }
    // Written anew they are the same tensors.
    const gppo::File written = gppo::safetensors_file("x", tensors);
    const std::string whole = written.head + std::string(written.tail);
    const auto again = gppo::parse_safetensors(whole, "x");
    require(again.size() == tensors.size());
    for (std::size_t i = 0; i < again.size(); ++i)
        require(again[i].name == tensors[i].name && again[i].dtype == tensors[i].dtype &&
                again[i].shape == tensors[i].shape && again[i].bytes == tensors[i].bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (!input.starts_with('{')) return parse(input), 0;
    const std::string_view header = input.substr(0, size - 1);
    std::vector<char> file(8 + header.size() + data[size - 1]);  // exactly: reads past it are seen
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, 8);
    std::memcpy(file.data() + 8, header.data(), header.size());
    parse({file.data(), file.size()});
    return 0;
}
