// SPDX-License-Identifier: Apache-2.0
//
// A libFuzzer target for the whole maths verifier: the input, cut at its first line break, is a
// gold answer and a response. Any input must end within the budget, and what is equal one way must
// not be different the other way.
//   clang++-16 -std=c++20 -O2 -g1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=all tests/fuzz/maths_fuzz.cpp -o maths_fuzz
//   mkdir -p corpus && ./maths_fuzz -max_len=40 -print_final_stats=1 corpus
#include <gppo/verify/maths.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.find('\n');
    const std::string_view gold = text.substr(0, line);
    const std::string_view answer = line == text.npos ? gold : text.substr(line + 1);
    gppo::MathsBudget small;  // the same limits, sooner
    small.work = 2'500;
    small.bits = 2'048;
    small.precision = 600;
    small.depth = 40;
    const gppo::Verdict there = gppo::compare_answers(gold, answer, small).verdict;
    if (there != gppo::Verdict::equal && size % 4 != 0)
        return 0;  // most runs one way: 3 times as many
    const gppo::Verdict back = gppo::compare_answers(answer, gold, small).verdict;
    const bool equal = there == gppo::Verdict::equal || back == gppo::Verdict::equal;
    const bool different = there == gppo::Verdict::different || back == gppo::Verdict::different;
    if (equal && different) std::abort();
    gppo::judge_maths(gold, answer, small);
    return 0;
}
