// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/scalar_equality.hpp>

#include <string>

using gppo::ScalarEquality;
using gppo::Verdict;

namespace {

Verdict scalar_verdict(const std::string& a, const std::string& b) {
    Parsed p;
    INFO(a << " and " << b);
    const auto x = p.read(a), y = p.read(b);
    const Verdict there = ScalarEquality(p.tree, p.meter).judge(x, y).verdict;
    Parsed q;
    const auto u = q.read(b), v = q.read(a);
    CHECK(ScalarEquality(q.tree, q.meter).judge(u, v).verdict == there);
    return there;
}

}  // namespace

TEST_CASE("identities hold and their neighbours do not", "[verify][scalar_equality]") {
    const char* identities[][3]{
        {"(x+1)^2", "x^2+2x+1", "x^2+2x+2"},
        {"\\frac{x^2-1}{x-1}", "x+1", "x-1"},
        {"\\sin 2x", "2\\sin x\\cos x", "2\\sin x"},
        {"\\ln(xy)", "\\ln x+\\ln y", "\\ln(x+y)"},
        {"\\sqrt{x}", "x^{1/2}", "x^{1/3}"},
        {"2^{n+1}", "2 \\cdot 2^n", "2^n"},
        {"\\sqrt{8}", "2\\sqrt{2}", "2\\sqrt{3}"},
        {"\\cos\\frac{\\pi}{5}", "\\frac{1+\\sqrt5}{4}", "\\frac{1-\\sqrt5}{4}"},
        {"e^{i\\pi}", "-1", "1"},
        {"\\frac{n(n+1)}{2}", "\\binom{n+1}{2}", "\\binom{n}{2}"},
        {"n!", "n(n-1)!", "n(n+1)!"},
        {"|x|", "\\sqrt{x^2}", "x"},
        {"\\log x", "\\frac{\\ln x}{\\ln 10}", "\\frac{\\ln x}{\\ln 2}"},
        {"9^{9^9}", "9^{387420489}", "9^{387420489}+1"},
        {"\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}", "1", "1+10^{-30}"},
    };
    for (const auto& [f, same, other] : identities) {
        CHECK(scalar_verdict(f, same) == Verdict::equal);
        CHECK(scalar_verdict(f, other) == Verdict::different);
    }
}

TEST_CASE("what differs in the hundredth digit differs", "[verify][scalar_equality]") {
    for (const char* x : {"1", "\\sqrt{2}", "\\pi", "e^{2}", "\\frac{1}{3}", "\\sin 1", "2^{200}"})
        for (const int n : {10, 30, 100}) {
            const std::string power = "10^{-" + std::to_string(n) + "}";
            CHECK(scalar_verdict(x, std::string(x) + " + " + power) == Verdict::different);
            // Proving a sine equal to a thousand bits costs more than is allowed.
            const Verdict back = scalar_verdict(std::string(x) + " + " + power + " - " + power, x);
            CHECK((back == Verdict::equal || (back == Verdict::budget && n > 10)));
        }
    CHECK(scalar_verdict("e^{\\pi\\sqrt{163}}", "262537412640768744") == Verdict::different);
}

TEST_CASE("a decimal is a closed form rounded or cut to its own digits",
          "[verify][scalar_equality]") {
    CHECK(scalar_verdict("\\pi", "3.1416") == Verdict::equal);
    CHECK(scalar_verdict("\\pi", "3.1415") == Verdict::equal);
    CHECK(scalar_verdict("\\pi", "3.1417") == Verdict::different);
    CHECK(scalar_verdict("\\pi", "3.14") == Verdict::different);  // fewer than four digits
    CHECK(scalar_verdict("\\frac{1}{3}", "0.3333") == Verdict::different);  // it has an exact value
    CHECK(scalar_verdict("-\\sqrt{2}", "-1.4142") == Verdict::equal);
    CHECK(scalar_verdict("100\\sqrt{2}", "141.4") == Verdict::equal);
}

TEST_CASE("undefined values are neither equal nor different", "[verify][scalar_equality]") {
    CHECK(scalar_verdict("\\frac{1}{0}", "5") == Verdict::unparsable);
    CHECK(scalar_verdict("0^0", "1") == Verdict::unparsable);
    CHECK(scalar_verdict("\\frac{1}{x-x}", "5") == Verdict::unparsable);
    CHECK(scalar_verdict("9^{9^{9^9}}", "5") == Verdict::budget);
}

TEST_CASE("constants are put in order", "[verify][scalar_equality]") {
    Parsed p;
    ScalarEquality scalars(p.tree, p.meter);
    const auto order = [&](std::string_view a, std::string_view b) {
        return scalars.compare(p.read(a), p.read(b));
    };
    CHECK(order("\\sqrt{2}", "1.4142135") == 1);
    CHECK(order("\\sqrt{2}", "\\frac{\\sqrt{8}}{2}") == 0);
    CHECK(order("\\frac{22}{7}", "\\pi") == 1);
    CHECK(order("-5", "-4") == -1);
    CHECK_FALSE(order("i", "1"));
    CHECK_FALSE(order("x", "1"));
}

TEST_CASE("random polynomials equal their expansion and no other", "[verify][scalar_equality]") {
    const gppo::Philox random{61};
    for (std::uint64_t i = 0; i < 200; ++i) {
        const auto n = [&](std::uint64_t j) {
            return static_cast<long>(random.below(41, i, j)) - 20;
        };
        const long a = n(0), b = n(1), c = n(2);
        const auto text = [](long k) { return "(" + std::to_string(k) + ")"; };
        const std::string factored = "(x-" + text(a) + ")(x-" + text(b) + ")(x-" + text(c) + ")";
        const std::string expanded = "x^3-" + text(a + b + c) + "x^2+" +
                                     text(a * b + b * c + a * c) + "x-" + text(a * b * c);
        REQUIRE(scalar_verdict(factored, expanded) == Verdict::equal);
        REQUIRE(scalar_verdict(factored, expanded + "+1") == Verdict::different);
    }
}
