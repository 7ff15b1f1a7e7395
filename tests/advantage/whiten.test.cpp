// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/advantage/whiten.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using namespace gppo;

namespace {
const std::vector<Index> group{1, 1, 2};
const std::vector<Index> offsets{0, 3, 4, 6};

std::vector<double> whitened(const Whiten& whiten, std::vector<double> advantage,
                             const std::vector<std::uint8_t>& mask = {}) {
    whiten(Feedback<double>{.group = group, .offsets = offsets, .mask = mask},
           View<double>(advantage));
    return advantage;
}
/// Mean 0, variance 1 with Bessel's correction, by the book.
std::vector<double> by_hand(const std::vector<double>& values, double ddof, double eps) {
    double mean = 0.0, squares = 0.0;
    const auto n = static_cast<double>(values.size());
    for (const double v : values) mean += v / n;
    for (const double v : values) squares += (v - mean) * (v - mean);
    std::vector<double> result;
    for (const double v : values)
        result.push_back((v - mean) / std::sqrt(squares / (n - ddof) + eps));
    return result;
}
}  // namespace

TEST_CASE("a sequence is counted as often as it has tokens that train", "[advantage][whiten]") {
    const std::vector<double> tokens = by_hand({1, 1, 1, 5, -2, -2}, 1, 1e-8);
    const auto a = whitened({}, {1, 5, -2});
    CHECK(a[0] == Approx(tokens[0]));
    CHECK(a[1] == Approx(tokens[3]));
    CHECK(a[2] == Approx(tokens[4]));
    const auto per_token = whitened({}, {1, 1, 1, 5, -2, -2});
    for (std::size_t t = 0; t < 6; ++t) CHECK(per_token[t] == Approx(tokens[t]));
}

TEST_CASE("masked tokens are not counted and become zero", "[advantage][whiten]") {
    const std::vector<std::uint8_t> mask{1, 0, 1, 0, 1, 1};
    const std::vector<double> tokens = by_hand({1, 3, -2, -4}, 1, 1e-8);
    const auto a = whitened({}, {1, 70, 3, 50, -2, -4}, mask);
    CHECK(a[0] == Approx(tokens[0]));
    CHECK(a[1] == 0.0);
    CHECK(a[2] == Approx(tokens[1]));
    CHECK(a[3] == 0.0);
    CHECK(a[5] == Approx(tokens[3]));
    CHECK(whitened({}, {1, 5, -2}, mask)[1] == 0.0);
}

TEST_CASE("ddof and the place of eps are named", "[advantage][whiten]") {
    const auto sequences = by_hand({1, 5, -2}, 1, 0);
    const Whiten whiten{Whiten::Over::sequences, 1, 0.5f, Whiten::Eps::beside_root};
    const double deviation = (1.0 - 4.0 / 3.0) / sequences[0];
    CHECK(whitened(whiten, {1, 5, -2})[1] == Approx((5.0 - 4.0 / 3.0) / (deviation + 0.5)));
    CHECK(whitened({Whiten::Over::sequences, 0, 0.5f}, {1, 5, -2})[1] ==
          Approx(by_hand({1, 5, -2}, 0, 0.5)[1]));
}

TEST_CASE("equal advantages, a single token and an all-masked step give exactly zero",
          "[advantage][whiten]") {
    for (const double a : whitened({.eps = 0.0f}, {0.1, 0.1, 0.1})) CHECK(a == 0.0);
    for (const double a : whitened({}, {3, 4, 5}, {0, 0, 0, 0, 0, 1})) CHECK(a == 0.0);
    for (const double a : whitened({}, {3, 4, 5}, {0, 0, 0, 0, 0, 0})) CHECK(a == 0.0);
}

TEST_CASE("whitening over tokens needs to know how many there are", "[advantage][whiten]") {
    std::vector<double> advantage{1, 5, -2};
    const Feedback<double> feedback{.group = group};
    CHECK_THROWS_AS(Whiten{}(feedback, View<double>(advantage)), Error);
    CHECK_NOTHROW(Whiten{Whiten::Over::sequences}(feedback, View<double>(advantage)));
}
