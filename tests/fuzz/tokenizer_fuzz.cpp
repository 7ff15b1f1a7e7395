// SPDX-License-Identifier: Apache-2.0
//
// A libFuzzer target for tokenizer.json. The input up to its first zero byte is the file, the rest
// a text. Without a zero byte the text goes through a small tokenizer made here. A file is read or
// refused in one line; ids of a text decode to the text but for its Normalisation Form C, whole or
// token by token.
//   clang++-16 -std=c++20 -O2 -g1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=all tests/fuzz/tokenizer_fuzz.cpp -o tokenizer_fuzz
//   python3 tests/fuzz/seeds.py corpus && ./tokenizer_fuzz -max_len=2000 corpus/tokenizer
#include <gppo/text/stream_decoder.hpp>
#include <gppo/text/tokenizer.hpp>
#include <gppo/text/tokenizer_training.hpp>

#include <cctype>
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

/// `whole`: the vocabulary has every byte, and added tokens cannot be part of other text.
void round_trip(const gppo::Tokenizer& tokenizer, std::string_view text, bool whole) {
    std::vector<std::int32_t> ids;
    try {
        ids = tokenizer.encode(text);
    } catch (const gppo::Error&) {
        require(!whole);  // a byte that the vocabulary lacks
        return;
    }
    const std::string back = tokenizer.decode(ids);
    require(gppo::is_utf8(back));
    gppo::StreamDecoder stream(tokenizer);
    std::string pieces;
    for (const std::int32_t id : ids) pieces += stream.push(id);
    require(pieces + stream.finish() == back);
    // Added tokens are cut out before the text is normalised, so a mark after one stays apart:
    // U+0338 after "<think>" does not make it end in "≯".
    if (whole) require(gppo::to_nfc(back) == gppo::to_nfc(gppo::replace_invalid_utf8(text)));
}

/// Larger ids only cost time: a table of that size is allocated.
bool has_long_number(std::string_view text) {
    int digits = 0;
    for (const char c : text) {
        digits = std::isdigit(static_cast<unsigned char>(c)) ? digits + 1 : 0;
        if (digits == 6) return true;
    }
    return false;
}

const gppo::Tokenizer& own() {
    static const gppo::Tokenizer tokenizer = [] {
        gppo::TokenizerTraining training;
        training.add(
            "The answer isn't 12, it's naïve: \\boxed{각}  \n\n\t e\u0301 the answer's the the");
        return gppo::Tokenizer::from_json(training.json({.vocab_size = 400, .min_count = 1}));
    }();
    return tokenizer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto zero = input.find('\0');
    if (zero == input.npos) return round_trip(own(), input, true), 0;
    const std::string_view json = input.substr(0, zero);
    if (has_long_number(json)) return -1;
    try {
        const auto tokenizer = gppo::Tokenizer::from_json(json, "x");
        round_trip(tokenizer, input.substr(zero + 1), false);
        round_trip(tokenizer, "abc <e> 12", false);
    } catch (const gppo::Error& error) {
        const std::string_view what = error.what();
        require(what.starts_with("x: ") && what.find('\n') == what.npos);
    }
    return 0;
}
