// SPDX-License-Identifier: Apache-2.0
//
// A libFuzzer target for the half of the maths verifier that reads: finding the answer in a
// response, tokens, brackets, every reading of the grammar. It runs ten times as often a second as
// maths_fuzz, which compares as well. What is found must stand in the response.
//   clang++-16 -std=c++20 -O2 -g1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=all tests/fuzz/maths_read_fuzz.cpp -o maths_read_fuzz
//   mkdir -p corpus && ./maths_read_fuzz -max_len=120 -print_final_stats=1 corpus
#include <gppo/verify/maths.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto boxed = gppo::boxed_answer(text);
    if (boxed && !boxed->empty() && text.find(*boxed) == text.npos) std::abort();
    const auto answer = gppo::boxed_answers(text);
    gppo::MathsBudget budget;
    budget.work = 2'000;
    budget.depth = 40;
    for (const bool thousands : {true, false}) {
        auto tokens = gppo::answer_tokens(answer ? *answer : text, thousands);
        gppo::turn_brackets(tokens);
        gppo::Expression tree(budget);
        gppo::Meter meter(budget);
        gppo::AnswerParser(tokens, tree, meter, {thousands, size % 2 == 0, false}).answer();
    }
    return 0;
}
