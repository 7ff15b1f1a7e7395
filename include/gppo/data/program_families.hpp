// SPDX-License-Identifier: Apache-2.0
//
// The families of data/programs.hpp: in words, as a Python expression, as one with a slip, and what
// it must return, computed here and not by Python. A and B stand for the constants.
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace gppo {

using Items = std::vector<int>;

/// `solve` gets the items of the list, or the one number.
struct ProgramFamily {
    std::string_view words, body, slip;
    bool list = false;           ///< f takes a list xs, else a number x
    int a_low = 2, a_high = 50;  ///< of A
    int b_high = 9;              ///< B is in [2, b_high]; 0: there is no B
    nlohmann::json (*solve)(const Items&, int, int) = nullptr;

    constexpr std::string_view parameter() const { return list ? "xs" : "x"; }
};

/// Python's x % n for n > 0.
constexpr int python_modulo(int x, int n) noexcept {
    return (x % n + n) % n;
}

/// The sum, or the number, of the items that `keep` takes.
template <class Keep>
int sum_if(const Items& items, Keep keep) {
    int sum = 0;
    for (const int x : items) sum += keep(x) ? x : 0;
    return sum;
}

/// Every item that `keep` takes, as `make` makes it.
template <class Keep, class Make>
Items items_if(const Items& items, Keep keep, Make make) {
    Items out;
    for (const int x : items)
        if (keep(x)) out.push_back(make(x));
    return out;
}

inline const std::array<ProgramFamily, 12> program_families{
    {{"x plus A, all of it times B", "(x + A) * B", "x + A * B", false, 2, 50, 9,
      [](const Items& x, int a, int b) { return nlohmann::json((x[0] + a) * b); }},
     {"x times A, plus B", "x * A + B", "x * (A + B)", false, 2, 50, 9,
      [](const Items& x, int a, int b) { return nlohmann::json(x[0] * a + b); }},
     {"if x is over A then x plus B, else x minus B", "x + B if x > A else x - B",
      "x + B if x >= A else x - B", false, 2, 50, 9,
      [](const Items& x, int a, int b) { return nlohmann::json(x[0] > a ? x[0] + b : x[0] - b); }},
     {"if x is even then x times B, else x plus A", "x * B if x % 2 == 0 else x + A",
      "x * B if x % 2 == 1 else x + A", false, 2, 50, 9,
      [](const Items& x, int a, int b) {
          return nlohmann::json(python_modulo(x[0], 2) == 0 ? x[0] * b : x[0] + a);
      }},
     {"x, but at most A, times B", "min(x, A) * B", "max(x, A) * B", false, 2, 50, 9,
      [](const Items& x, int a, int b) { return nlohmann::json(std::min(x[0], a) * b); }},
     {"the rest of x by B, plus A", "x % B + A", "x % (B + A)", false, 2, 50, 9,
      [](const Items& x, int a, int b) { return nlohmann::json(python_modulo(x[0], b) + a); }},
     {"the sum of the items over A, plus B", "sum(x for x in xs if x > A) + B",
      "sum(x for x in xs if x >= A) + B", true, 2, 50, 9,
      [](const Items& xs, int a, int b) {
          return nlohmann::json(sum_if(xs, [a](int x) { return x > a; }) + b);
      }},
     {"how many items are under A, times B", "len([x for x in xs if x < A]) * B",
      "len([x for x in xs if x <= A]) * B", true, 2, 50, 9,
      [](const Items& xs, int a, int b) {
          return nlohmann::json(
              static_cast<int>(std::count_if(xs.begin(), xs.end(), [a](int x) { return x < a; })) *
              b);
      }},
     {"each item times A, plus B", "[x * A + B for x in xs]", "[x * (A + B) for x in xs]", true, 2,
      50, 9,
      [](const Items& xs, int a, int b) {
          return nlohmann::json(items_if(
              xs, [](int) { return true; }, [a, b](int x) { return x * a + b; }));
      }},
     {"the largest item minus A, times B", "(max(xs) - A) * B", "max(xs) - A * B", true, 2, 50, 9,
      [](const Items& xs, int a, int b) {
          return nlohmann::json((*std::max_element(xs.begin(), xs.end()) - a) * b);
      }},
     {"the items over A, each minus B", "[x - B for x in xs if x > A]",
      "[x - B for x in xs if x < A]", true, 2, 50, 9,
      [](const Items& xs, int a, int b) {
          return nlohmann::json(items_if(
              xs, [a](int x) { return x > a; }, [b](int x) { return x - b; }));
      }},
     {"the items from the last to the first, each times A", "[x * A for x in xs[::-1]]",
      "[x * A for x in xs]", true, 2, 99, 0, [](const Items& xs, int a, int) {
          return nlohmann::json(items_if(
              Items(xs.rbegin(), xs.rend()), [](int) { return true; },
              [a](int x) { return x * a; }));
      }}}};

}  // namespace gppo
