// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/attention_case.hpp"
#include "catch.hpp"
#include "model/check_row.hpp"
#include "random_values.hpp"

#include <gppo/backend/rounded_rows.hpp>

#include <cstdint>
#include <vector>

namespace gppo::rounded_rows_test {
namespace {

constexpr Index rows = 3, stride = 20, width = 7, to_stride = 8;

void check_widened(const std::vector<std::uint16_t>& halves) {
    check_row(rows, rows * width, [&](float* m) {
        return WidenRow{halves.data(), to_stride, width, {m, width}};
    });
}

/// Whether column `first` on of `from` is in `halves`, and 9 behind each row.
void check_rounded(const std::vector<std::uint16_t>& halves, const std::vector<float>& from,
                   Index first) {
    for (Index r = 0; r < rows; ++r) {
        for (Index i = 0; i < width; ++i)
            CHECK(halves[static_cast<std::size_t>(r * to_stride + i)] ==
                  float_to_bf16(from[static_cast<std::size_t>(r * stride + first + i)]));
        CHECK(halves[static_cast<std::size_t>(r * to_stride + width)] == 9);
    }
}

}  // namespace

TEST_CASE("rows of floats are rounded to bf16, those of bf16 copied, between any strides",
          "[backend][rounded_rows]") {
    const std::vector<float> from = random_values(rows * stride, 5);
    const Index first = 2;
    std::vector<std::uint16_t> rounded(rows * to_stride, 9), copied = rounded, all;
    Cpu(1).for_rows(rows, RoundRow{from.data() + first, stride, width, rounded.data(), to_stride});
    check_rounded(rounded, from, first);
    for (const float x : from) all.push_back(float_to_bf16(x));
    Cpu(1).for_rows(rows, RoundRow{all.data() + first, stride, width, copied.data(), to_stride});
    CHECK(copied == rounded);
    check_widened(rounded);
    std::vector<float> wide(rows * width);
    Cpu(1).for_rows(rows, WidenRow{rounded.data(), to_stride, width, {wide.data(), width}});
    for (Index n = 0; n < rows * width; ++n)
        CHECK(wide[static_cast<std::size_t>(n)] ==
              bf16_to_float(rounded[static_cast<std::size_t>(n / width * to_stride + n % width)]));
}

TEST_CASE("what attention reads in bf16 is rounded once, by a block of threads as by one",
          "[backend][rounded_rows]") {
    const std::vector<float> from = random_values(rows * stride, 5);
    check_row(rows, rows * width, [&](float* m) {
        return RoundedRow{{from.data() + 2, stride}, width, m};
    });
    const AttentionCase c(4, 2, 8, {5, 3}, 7);
    const Index tokens = c.offsets.back();
    std::vector<float> kept(static_cast<std::size_t>(tokens * (4 + 2 * 2) * 8));
    const AttentionInput read = rounded_input(Cpu(1), c.input(), tokens, kept.data());
    CHECK(read.offsets.data == c.offsets.data());
    CHECK(read.longest == c.input().longest);
    const auto check = [](Rows<const float> got, Index width_of, const std::vector<float>& x) {
        CHECK(got.stride == width_of);
        for (Index n = 0; n < std::ssize(x); ++n)
            CHECK(got[n / width_of][n % width_of] ==
                  bf16_to_float(float_to_bf16(x[static_cast<std::size_t>(n)])));
    };
    check(read.q, 4 * 8, c.q), check(read.k, 2 * 8, c.k), check(read.v, 2 * 8, c.v);
}

}  // namespace gppo::rounded_rows_test
