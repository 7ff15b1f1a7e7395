// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/philox.hpp>
#include <gppo/verify/maths.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using gppo::compare_answers;
using gppo::Verdict;
using gppo::verify_maths;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

void check_all(Verdict expected, const Pairs& pairs) {
    for (const auto& [gold, answer] : pairs) {
        const auto there = compare_answers(gold, answer), back = compare_answers(answer, gold);
        INFO("gold " << gold << " answer " << answer << ": " << there.reason);
        CHECK(gppo::verdict_name(there.verdict) == gppo::verdict_name(expected));
        CHECK(gppo::verdict_name(back.verdict) == gppo::verdict_name(expected));
    }
}

}  // namespace

TEST_CASE("one value in many notations is equal", "[verify][maths]") {
    check_all(Verdict::equal, {
                                  {"72", "72.0"},
                                  {"72", "$72$"},
                                  {"72", "\\$72"},
                                  {"72", "+72"},
                                  {"72", "72."},
                                  {"72", " 072 "},
                                  {"-3", "−3"},
                                  {"-3", "- 3"},
                                  {"0", "-0"},
                                  {"1000", "1,000"},
                                  {"1000", "1{,}000"},
                                  {"1000", "1,\\!000"},
                                  {"1000", "1\\,000"},
                                  {"1000", "1 000"},
                                  {"1234567.5", "1,234,567.50"},
                                  {"1/2", "\\frac{1}{2}"},
                                  {"1/2", "\\dfrac12"},
                                  {"1/2", "0.5"},
                                  {"1/2", ".5"},
                                  {"1/2", "2/4"},
                                  {"1/2", "\\frac1{2}"},
                                  {"5", "{5}"},
                                  {"-1/2", "-\\frac{1}{2}"},
                                  {"-1/2", "\\frac{-1}{2}"},
                                  {"2.5", "2\\frac{1}{2}"},
                                  {"2.5", "2 1/2"},
                                  {"-2.5", "-2\\frac12"},
                                  {"50\\%", "50%"},
                                  {"50\\%", "0.5"},
                                  {"50", "50\\%"},
                                  {"50", "50 percent"},
                                  {"1024", "2^{10}"},
                                  {"1024", "2^10"},
                                  {"120", "5!"},
                                  {"24", "48/2 = 24"},
                                  {"6", "2 \\cdot 3"},
                                  {"6", "2 \\times 3"},
                                  {"6", "(1+1)(3)"},
                                  {"1/6", "0.1\\overline{6}"},
                                  {"1/3", "0.\\overline{3}"},
                                  {"1500", "1.5e3"},
                                  {"1500", "1.5 \\times 10^{3}"},
                                  {"3", "\\sqrt{9}"},
                                  {"2/3", "\\sqrt{\\frac{4}{9}}"},
                                  {"5", "x = 5"},
                                  {"1.5", "x = \\frac{6}{4} = 1.5"},
                                  {"5", "\\left( 5 \\right)"},
                                  {"5", "\\boxed{5}"},
                                  {"3/4", "\\left(\\frac{3}{4}\\right)"},
                                  {"0.125", "2^{-3}"},
                                  {"8000000", "8 million"},
                                  {"60", "5 dozen"},
                                  {"5", "\\text{5}"},
                              });
}

TEST_CASE("different exact values are never rounded together", "[verify][maths]") {
    check_all(Verdict::different, {
                                      {"1/3", "0.333"},
                                      {"1/3", "0.3333333333333333333333333"},
                                      {"72", "73"},
                                      {"72", "-72"},
                                      {"1", "0.99999999999999999999999999999999"},
                                      {"2.5", "2.50000000000000000000000001"},
                                      {"9007199254740993", "9007199254740992"},
                                      {"50\\%", "5"},
                                      {"0.5", "50.1\\%"},
                                      {"1000", "1,001"},
                                      {"2\\frac{1}{2}", "1"},
                                      {"10^{30}", "10^{30}+1"},
                                      {"1,000", "1, 0"},
                                      {"3", "3, 4"},
                                      {"\\frac{22}{7}", "3.142857"},
                                      {"5!", "5"},
                                  });
}

TEST_CASE("units may be left out, convert exactly, and tell values apart", "[verify][maths]") {
    check_all(Verdict::equal, {
                                  {"5", "5 cm"},
                                  {"5 cm", "5\\text{ cm}"},
                                  {"5 cm", "5 centimeters"},
                                  {"100 cm", "1 m"},
                                  {"18", "18\\mbox{ inches}"},
                                  {"1 foot", "12 inches"},
                                  {"72", "72 clips"},
                                  {"5", "\\$5"},
                                  {"90 minutes", "1.5 hours"},
                                  {"30", "30^\\circ"},
                                  {"30^{\\circ}", "30°"},
                                  {"25", "25 degrees"},
                                  {"10", "10\\text{ square units}"},
                                  {"12", "12\\text{ cm}^2"},
                                  {"20", "20^\\circ C"},
                                  {"60", "60 \\text{ miles/hour}"},
                                  {"1 dollar", "100 cents"},
                              });
    check_all(Verdict::different, {
                                      {"5 cm", "5 m"},
                                      {"5 hours", "5 days"},
                                      {"5 cm", "5 seconds"},
                                      {"5 cm", "6 cm"},
                                      {"5", "5 dozen"},
                                  });
}

TEST_CASE("lists, tuples, sets and intervals compare part by part", "[verify][maths]") {
    check_all(Verdict::equal, {
                                  {"1, 2, 3", "3,1,2"},
                                  {"1,2", "2 and 1"},
                                  {"1, 2", "1 or 2"},
                                  {"\\{1,2\\}", "\\{2, 1\\}"},
                                  {"(1, 2)", "(1,\\frac{4}{2})"},
                                  {"(1,2)", "\\left( 1, 2 \\right)"},
                                  {"5, 6", "x=5 or x=6"},
                                  {"[1, 2)", "[1.0, 2)"},
                                  {"(0.5, -1)", "\\left(\\frac12,-1\\right)"},
                                  {"(100,200)", "(100, 200)"},
                                  {"((1,2),3)", "((1,2.0),3)"},
                                  {"\\{1\\}", "\\{1\\}"},
                              });
    // 200,100 is two hundred thousand and one hundred, unless the other answer is a list, too.
    check_all(Verdict::equal, {{"100, 200", "200,100"}, {"200100", "200,100"}});
    check_all(Verdict::different, {{"100, 201", "200,100"}});
    check_all(Verdict::different, {
                                      {"1, 2, 3", "1, 2"},
                                      {"1, 2, 2", "1, 1, 2"},
                                      {"(1, 2)", "(2, 1)"},
                                      {"[1, 2)", "[1, 2]"},
                                      {"(1,2)", "[1,2]"},
                                      {"100, 200", "200,101"},
                                      {"5", "5, 6"},
                                  });
}

TEST_CASE("words are words, choices are choices, variables are not numbers", "[verify][maths]") {
    check_all(Verdict::equal, {
                                  {"Evelyn", "\\text{evelyn}"},
                                  {"\\text{(C)}", "C"},
                                  {"\\text{June 6}", "June 6"},
                                  {"B", "\\text{(B) }12"},
                                  {"\\text{four}", "4"},
                                  {"xy", "yx"},
                              });
    check_all(Verdict::different, {
                                      {"Evelyn", "Alice"},
                                      {"even", "odd"},
                                      {"CBAD", "ABCD"},
                                      {"x=5", "y=5"},
                                      {"5", "x"},
                                      {"A", "a"},
                                      {"5", "5x"},
                                  });
    check_all(Verdict::unparsable, {
                                       {"5", "5?"},
                                       {"1/0", "5"},
                                       {"0^0", "1"},
                                       {"", "5"},
                                       {"1.2.3", "1"},
                                       {"2\\frac{3}{2}", "3"},
                                       {"5 boys", "5 girls"},
                                   });
}

TEST_CASE("a decimal matches an irrational number in its own digits only", "[verify][maths]") {
    check_all(Verdict::equal, {
                                  {"\\sqrt{2}", "1.41421356"},
                                  {"\\pi", "3.1416"},
                                  {"\\pi", "3.1415"},
                                  {"-\\pi", "-3.14159"},
                                  {"16\\pi", "50.265"},
                              });
    check_all(Verdict::different, {
                                      {"\\pi", "3.14"},
                                      {"\\pi", "3.1417"},
                                      {"\\pi", "22/7"},
                                      {"\\sqrt{2}", "1.41421357"},
                                      {"1/3", "0.3333"},
                                      {"\\sqrt{2}", "\\sqrt{2}+10^{-40}"},
                                      {"e^{-300}", "0"},
                                      {"e^{\\pi\\sqrt{163}}", "262537412640768744"},
                                  });
}

TEST_CASE("a response is judged by its last box after the thinking", "[verify][maths]") {
    CHECK(verify_maths("72", "<think>\\boxed{1}</think> so \\boxed{72}") == Verdict::equal);
    CHECK(verify_maths("72", "\\boxed{72} no: \\boxed{73}") == Verdict::different);
    CHECK(verify_maths("72", "72") == Verdict::unparsable);
    CHECK(verify_maths("72", "<think>\\boxed{72}") == Verdict::unparsable);
    CHECK(verify_maths("72", "\\boxed{72") == Verdict::unparsable);
    CHECK(verify_maths("72", "\\boxed{}") == Verdict::unparsable);
    CHECK(verify_maths("1, 2", "\\boxed{2} and \\boxed{1}.") == Verdict::equal);
    CHECK(verify_maths("72", "\\boxed{71}, \\boxed{72}, \\boxed{73}") == Verdict::different);
    const std::vector<std::string> golds{"\\frac12", "50\\%"};
    CHECK(gppo::judge_maths(golds, "\\boxed{0.5}").verdict == Verdict::equal);
    CHECK(gppo::judge_maths(golds, "\\boxed{0.6}").verdict == Verdict::different);
    CHECK(gppo::is_rational_answer("3 million dollars"));
    CHECK_FALSE(gppo::is_rational_answer("3x"));
}

namespace {

std::string repeated(const std::string& piece, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += piece;
    return text;
}

}  // namespace

TEST_CASE("hostile answers end in milliseconds and never in equal", "[verify][maths]") {
    const std::vector<std::string> hostile{
        repeated("(", 10'000),
        repeated("(", 5'000) + "5" + repeated(")", 5'000),
        repeated("{", 5'000) + "5" + repeated("}", 5'000),
        repeated("[", 5'000) + "5" + repeated("]", 5'000),
        repeated("\\{", 2'000) + "5" + repeated("\\}", 2'000),
        "9^{9^{9^{9}}}",
        "2^{1000000000000000000000}",
        "10^{-999999999}",
        "1e999999999999",
        "1e99999",
        "1000!",
        "\\sum_{k=1}^{1000}\\sum_{j=1}^{1000} k j",
        "\\sum_{k=1}^{1000} \\sqrt{k}",
        "(1+\\sqrt2)^{1000000}",
        "\\pi+10^{-3000}",
        repeated("\\sqrt{2}+", 1'500) + "1",
        repeated("\\sin x+", 1'500) + "1",
        repeated("(\\sqrt2+x)", 1'000),
        repeated("e^{", 90) + "1" + repeated("}", 90),
        repeated("\\begin{pmatrix}", 900),
        repeated("(1,2)\\cup", 1'500) + "(1,2)",
        repeated("x<1,", 3'000) + "x<2",
        repeated("\\pm 1+", 2'000) + "1",
        "99999999!",
        "3!!!!!!",
        repeated("9", 16'000),
        repeated("1/3+", 4'000) + "1",
        repeated("1/9876543210987654321+", 700) + "1",
        repeated("\\frac", 3'000),
        repeated("\\frac{1}{1+", 1'000) + "1" + repeated("}", 1'000),
        repeated("\\sqrt{", 2'000) + "5" + repeated("}", 2'000),
        repeated("1,", 8'000),
        repeated("x,", 8'000),
        repeated("=", 16'000),
        repeated("1=", 8'000) + "1=2",
        repeated("-", 16'000) + "5",
        repeated("billion ", 2'000),
        "5" + repeated(" billion", 1'900),
        repeated("0.\\overline{", 1'000),
        "0." + repeated("0", 8'000) + "\\overline{" + repeated("3", 8'000) + "}",
        std::string("5\0", 2),
        std::string("\0\0\0", 3),
        "\xff\xfe\x80",
        "\xC3",
        repeated("\\", 10'001),
        repeated("\\text{", 2'500),
        repeated("\xE2\x88\x92", 5'000) + "5",
        std::string(1'000'000, '7'),
    };
    const std::vector<std::string> golds{"5.5", "x+1", repeated("x,", 8'000) + "y", "(1, 2, 3)",
                                         "9^{9^{9^{8}}}"};
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    constexpr double limit = 100;
#else
    constexpr double limit = 4000;  // instrumented or unoptimised code is 20 times slower
#endif
    double worst = 0;
    for (const std::string& gold : golds)
        for (const std::string& answer : hostile) {
            const std::clock_t start = std::clock();  // CPU time: a loaded machine changes nothing
            const auto judged = compare_answers(gold, answer);
            const double took =
                1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // ms
            worst = std::max(worst, took);
            INFO("gold " << gold.substr(0, 30) << " answer " << answer.substr(0, 30));
            CHECK(judged.verdict != Verdict::equal);
            CHECK(took < limit);
        }
    std::printf("hostile answers: worst %.2f ms\n", worst);
}

TEST_CASE("threads get the same verdicts as one thread", "[verify][maths]") {
    const Pairs pairs{
        {"1/3", "0.333"}, {"1/2", "0.5"}, {"1, 2", "2, 1"}, {"9^{9^9}", "5"}, {"x", "y"}};
    std::vector<Verdict> expected;
    for (const auto& [gold, answer] : pairs)
        expected.push_back(compare_answers(gold, answer).verdict);
    std::vector<int> wrong(4, 0);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i < 5'000; ++i) {
                const auto& [gold, answer] = pairs[i % pairs.size()];
                wrong[t] += compare_answers(gold, answer).verdict != expected[i % pairs.size()];
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("random rationals: every notation is equal, every neighbour different",
          "[verify][maths]") {
    const std::uint64_t seed = 11;
    INFO("seed " << seed);
    const gppo::Philox random{seed};
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        const auto n = static_cast<long>(random.below(2'000'001, i, 0)) - 1'000'000;
        const auto d = static_cast<long>(random.below(999, i, 1)) + 1;
        const auto k = static_cast<long>(random.below(20, i, 2)) + 1;
        const std::string gold = std::to_string(n) + "/" + std::to_string(d);
        const std::string scaled =
            "\\frac{" + std::to_string(n * k) + "}{" + std::to_string(d * k) + "}";
        const std::string sum = std::to_string(n / d) + (n < 0 ? "-" : "+") +
                                std::to_string(std::labs(n % d)) + "/" + std::to_string(d);
        const std::string beside = std::to_string(n * k + 1) + "/" + std::to_string(d * k);
        INFO(gold << " " << scaled << " " << sum << " " << beside);
        REQUIRE(compare_answers(gold, scaled).verdict == Verdict::equal);
        REQUIRE(compare_answers(gold, sum).verdict == Verdict::equal);
        REQUIRE(compare_answers(gold, beside).verdict == Verdict::different);
    }
}

namespace {

// Gold answers of shared data when this source tree has it beside it; none otherwise.
std::vector<std::string> gold_answers() {
    const std::string here = __FILE__;
    const std::string data = here.substr(0, here.rfind("tests/verify/")) + "../shared/data/";
    std::vector<std::string> golds;
    for (const char* name : {"gsm8k/train.jsonl", "gsm8k/test.jsonl"}) {
        std::ifstream file(data + name);
        for (std::string line; std::getline(file, line);) {
            const std::string solution = nlohmann::json::parse(line)["answer"];
            golds.emplace_back(*gppo::gsm8k_answer(solution));
        }
    }
    for (const char* name : {"math/train_math_math.json", "math/test_math_math.json",
                             "math/train_math_aime.json", "math/test_math_amc.json"}) {
        std::ifstream file(data + name);
        if (!file) continue;
        for (const auto& row : nlohmann::json::parse(file)) {
            const auto& answer = row.at("answer");
            golds.push_back(answer.is_string() ? answer.get<std::string>() : answer.dump());
        }
    }
    return golds;
}

}  // namespace

TEST_CASE("every real gold answer equals itself and random others do not", "[verify][maths]") {
    const auto golds = gold_answers();
    if (golds.empty()) {
        std::printf("skipped: no ../shared/data beside the source tree\n");
        return;
    }
    const std::uint64_t seed = 5;
    INFO("seed " << seed);
    const gppo::Philox random{seed};
    gppo::VerdictCounts itself, others;
    int doubtful = 0;
    for (std::size_t i = 0; i < golds.size(); ++i) {
        const std::string response =
            "<think>Perhaps \\boxed{7}?</think>\nThe answer is $\\boxed{" + golds[i] + "}$.";
        const Verdict verdict = verify_maths(golds[i], response);
        itself.add(verdict);
        if (verdict != Verdict::equal && !golds[i].empty())
            std::printf("not equal to itself: %s\n", golds[i].c_str());
        for (std::uint64_t k = 0; k < 4; ++k) {
            const std::string& other = golds[random.below(golds.size(), i, k)];
            const auto judged = compare_answers(golds[i], other);
            others.add(judged.verdict);
            if (judged.verdict == Verdict::budget)
                std::printf("budget: %s | %s\n", golds[i].c_str(), other.c_str());
            if (judged.verdict != Verdict::equal || judged.reason == "the same text") continue;
            ++doubtful;
            std::printf("equal: %s | %s (%s)\n", golds[i].c_str(), other.c_str(),
                        std::string(judged.reason).c_str());
        }
    }
    std::printf(
        "%zu golds: %lld equal to themselves; against others %lld different, %lld unparsable, "
        "%lld budget, %d equal in another notation\n",
        golds.size(), static_cast<long long>(itself.equal),
        static_cast<long long>(others.different), static_cast<long long>(others.unparsable),
        static_cast<long long>(others.budget), doubtful);
    CHECK(static_cast<double>(itself.equal) >= 0.995 * static_cast<double>(golds.size()));
    CHECK(others.budget == 0);
}
