// SPDX-License-Identifier: Apache-2.0
#include "verify/parsed.hpp"

#include <gppo/verify/collection_comparison.hpp>

#include <algorithm>
#include <string>
#include <vector>

using gppo::Verdict;

namespace {

std::string joined(const std::vector<long>& parts) {
    std::string text;
    for (const long part : parts) text += (text.empty() ? "" : ", ") + std::to_string(part);
    return text;
}

}  // namespace

TEST_CASE("lists and sets in any order, tuples in theirs", "[verify][collection_comparison]") {
    const gppo::Philox random{71};
    for (std::uint64_t i = 0; i < 200; ++i) {
        std::vector<long> parts;
        for (std::uint64_t k = 0; k < random.below(5, i, 0) + 2; ++k)
            parts.push_back(static_cast<long>(random.below(9, i, k + 1)));
        auto moved = parts;
        std::rotate(moved.begin(), moved.begin() + 1, moved.end());
        const std::string a = joined(parts), b = joined(moved);
        REQUIRE(verdict(a, b) == Verdict::equal);
        REQUIRE(verdict("\\{" + a + "\\}", "\\{" + b + "\\}") == Verdict::equal);
        REQUIRE((verdict("(" + a + ")", "(" + b + ")") == Verdict::equal) == (parts == moved));
        moved[0] += 100;
        REQUIRE(verdict(a, joined(moved)) == Verdict::different);
        REQUIRE(verdict("\\{" + a + "\\}", "\\{" + joined(moved) + "\\}") == Verdict::different);
    }
}

TEST_CASE("a part given twice counts in a list, not in a set", "[verify][collection_comparison]") {
    CHECK(verdict("1, 2, 2", "1, 1, 2") == Verdict::different);
    CHECK(verdict("\\{1, 1, 2\\}", "\\{1, 2\\}") == Verdict::equal);
    CHECK(verdict("1, 2", "1, 2, 3") == Verdict::different);
    CHECK(verdict("\\{1, 2\\}", "\\{1, 2, 3\\}") == Verdict::different);
}

TEST_CASE("brackets keep apart what is ordered", "[verify][collection_comparison]") {
    CHECK(verdict("(1, 2)", "\\{1, 2\\}") == Verdict::different);
    CHECK(verdict("(1, 2, 3)", "[1, 2, 3]") == Verdict::different);
    CHECK(verdict("(1, 2), (3, 4)", "(3, 4), (1, 2)") == Verdict::equal);
    CHECK(verdict("(1, 2), (3, 4)", "(2, 1), (3, 4)") == Verdict::different);
    CHECK(verdict("(1, 2)", "(1, 2), (3, 4)") == Verdict::different);
    CHECK(verdict("1, 2", "(1, 2)") == Verdict::equal);  // a list without its brackets
    CHECK(verdict("0, 1", "(0, 1]") == Verdict::different);
    CHECK(verdict("[-2, 2]", "-2, 2") == Verdict::different);  // all that lies between
    CHECK(verdict("[1, 2, 3]", "1, 2, 3") == Verdict::equal);
}

TEST_CASE("matrices entry by entry, vectors also as tuples", "[verify][collection_comparison]") {
    CHECK(verdict("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
                  "\\begin{bmatrix}1&2\\\\3&\\frac{8}{2}\\end{bmatrix}") == Verdict::equal);
    CHECK(verdict("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}",
                  "\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}") == Verdict::different);
    CHECK(verdict("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1, 2)") == Verdict::equal);
    CHECK(verdict("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}") ==
          Verdict::different);
    CHECK(verdict("2\\begin{pmatrix}1\\\\2\\end{pmatrix}",
                  "\\begin{pmatrix}2\\\\4\\end{pmatrix}") == Verdict::equal);
    CHECK(verdict("\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}", "-2") == Verdict::equal);
}
