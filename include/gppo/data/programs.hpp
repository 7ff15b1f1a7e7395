// SPDX-License-Identifier: Apache-2.0
//
// Generated programming problems with the program that solves them and the tests that decide: the
// task of examples/recipes/tiny-code.toml. A problem is a family of small functions and two
// constants; it is asked in words, and answered by a Python function f.
//
//     if x is over 12 then x plus 7, else x minus 3
//     ```python
//     def f(x):
//         return x + 7 if x > 12 else x - 3
//     ```
//
// A program may hold a slip of its family: a bound off by one, a missing pair of parentheses, a
// comparison the wrong way round. Most slips pass some tests, so that a soft reward says more than
// a hard one.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>
#include <gppo/data/program_families.hpp>
#include <gppo/data/split.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct ProgramOptions {
    double held_out = 0.1;  ///< share of all problems that training never sees
    Index tests = 8;        ///< calls of a problem
};

/// Every character of a prompt or response, for a character tokenizer.
inline constexpr std::string_view program_alphabet =
    "abcdefghijklmnopqrstuvwxyz0123456789 \n`:()[]<>=+-*%,.";

/// One problem.
struct Program {
    std::size_t family = 0;  ///< into program_families
    int a = 1, b = 1;        ///< its constants; b is 0 where it has one only

    friend auto operator<=>(const Program&, const Program&) = default;

    const ProgramFamily& kind() const { return program_families[family]; }
    /// What is asked, without a line end.
    std::string prompt() const { return with_constants(kind().words); }
    /// What the split hashes and what counts as one problem.
    std::string canonical() const { return prompt(); }
    /// The function; with a slip, one that looks like it.
    std::string code(bool slip = false) const {
        return "def f(" + std::string(kind().parameter()) + "):\n    return " +
               with_constants(slip ? kind().slip : kind().body) + "\n";
    }
    std::string response(bool slip = false) const { return "```python\n" + code(slip) + "```"; }
    /// {"inputs": [[3]], "outputs": [10], "fn_name": "f"}: what read_code_tests() reads. The same
    /// every time, with the values at which the slips of the families show.
    nlohmann::json tests(Index count) const;

  private:
    std::string with_constants(std::string_view text) const {
        std::string out;
        for (const char c : text)
            out += c == 'A' ? std::to_string(a) : c == 'B' ? std::to_string(b) : std::string(1, c);
        return out;
    }
};

inline nlohmann::json Program::tests(Index count) const {
    const Philox random{text_hash(canonical(), 0x70726F67u)};
    nlohmann::json inputs = nlohmann::json::array(), outputs = nlohmann::json::array();
    const auto draw = [&](std::uint64_t test, std::uint64_t place) {
        return static_cast<int>(random.below(121, test, place)) - 20;
    };
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
        // Around the constants, where bounds are off by one; then anywhere.
        const int edge = a + static_cast<int>(i / 2) - 1;
        Items items;
        if (kind().list) {
            const std::uint64_t size = 3 + random.below(4, i, 0);
            for (std::uint64_t k = 0; k < size; ++k) items.push_back(draw(i, k + 1));
            if (i % 2 == 0) items[random.below(size, i, 40)] = edge;
        } else {
            items = {i % 2 == 0 && i < 6 ? edge : draw(i, 1)};
        }
        const auto result = kind().solve(items, a, b);
        inputs.push_back(nlohmann::json::array());
        if (kind().list)
            inputs.back().push_back(items);
        else
            inputs.back().push_back(items.front());
        outputs.push_back(result);
    }
    return {{"inputs", inputs}, {"outputs", outputs}, {"fn_name", "f"}};
}

/// Throws Error unless the options describe problems with tests.
inline void check(const ProgramOptions& o) {
    expects(o.held_out >= 0 && o.held_out < 1, "programs: held_out must be in [0, 1)");
    expects(o.tests >= 1, "programs: a problem needs at least one test");
}

/// Problem `index` of `split`: a pure function of its arguments, so a resumed run sees the same
/// problems without any state. Families are equally likely; problems repeat.
inline Program program_problem(const ProgramOptions& options, Split split, std::uint64_t seed,
                               std::uint64_t index) {
    check(options);
    expects(split == Split::train || options.held_out > 0,
            "programs: held_out is 0, so there is no held-out problem to draw");
    const Philox random{seed};
    for (std::uint64_t attempt = 0; attempt < 100'000; ++attempt) {
        Program p;
        p.family =
            static_cast<std::size_t>(random.below(program_families.size(), index, 4 * attempt));
        const auto constant = [&](int low, int high, std::uint64_t draw) {
            const auto span = static_cast<std::uint64_t>(high - low + 1);
            return low + static_cast<int>(random.below(span, index, 4 * attempt + draw));
        };
        p.a = constant(p.kind().a_low, p.kind().a_high, 1);
        p.b = p.kind().b_high > 0 ? constant(2, p.kind().b_high, 2) : 0;
        if (split_of(p.canonical(), options.held_out) == split) return p;
    }
    throw Error("programs: found no problem of the wanted split, change held_out");
}

/// The first `count` different problems of `split`. Throws Error if there are not that many.
inline std::vector<Program> program_set(const ProgramOptions& options, Split split,
                                        std::uint64_t seed, Index count) {
    std::vector<Program> problems;
    std::set<Program> seen;
    const std::uint64_t patience = 1000 + 100 * static_cast<std::uint64_t>(count);
    for (std::uint64_t i = 0; static_cast<Index>(problems.size()) < count; ++i) {
        expects(i < patience, [&] {
            return "programs: only about " + std::to_string(problems.size()) +
                   " different problems were found, " + std::to_string(count) +
                   " asked: ask for fewer, or hold out more";
        });
        const Program p = program_problem(options, split, seed, i);
        if (seen.insert(p).second) problems.push_back(p);
    }
    return problems;
}

}  // namespace gppo
