// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/proportion.hpp>

using gppo::Proportion;
using gppo::Verdict;

namespace {

Verdict proportion_verdict(std::string_view a, std::string_view b, bool positive = false) {
    Parsed p;
    const auto x = p.read(a), y = p.read(b);
    return Proportion(p.tree, p.meter).judge(x, y, positive);
}

}  // namespace

TEST_CASE("a constant factor does not matter, anything else does", "[verify][proportion]") {
    CHECK(proportion_verdict("2x+4y-6", "x+2y-3") == Verdict::equal);
    CHECK(proportion_verdict("2x+4y-6", "x+2y+3") == Verdict::different);
    CHECK(proportion_verdict("x^2-1", "x-1") == Verdict::different);
    CHECK(proportion_verdict("x\\sqrt{2}", "2x") == Verdict::equal);
    CHECK(proportion_verdict("x\\sqrt{2}", "2x^2") == Verdict::different);
    CHECK(proportion_verdict("\\sin x \\cos x", "\\sin 2x") == Verdict::equal);
    CHECK(proportion_verdict("0x", "x") == Verdict::different);  // the factor would be zero
}

TEST_CASE("for inequalities the factor is positive", "[verify][proportion]") {
    CHECK(proportion_verdict("2x-4", "x-2", true) == Verdict::equal);
    CHECK(proportion_verdict("2x-4", "2-x", true) == Verdict::different);
    CHECK(proportion_verdict("2x-4", "2-x", false) == Verdict::equal);
    Parsed p;
    Proportion proportion(p.tree, p.meter);
    const auto x = p.read("x-2"), y = p.read("2-x");
    CHECK(proportion.opposite(x, y));
    CHECK_FALSE(proportion.opposite(x, x));
}
