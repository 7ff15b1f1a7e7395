// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/bf16.hpp>
#include <gppo/model/read_tensor.hpp>

#include <cstring>
#include <limits>

namespace {

constexpr gppo::Index rows = 5, columns = 300'007;  // more than one piece, the last one short

std::string bf16_file() {
    std::string bytes(2 * rows * columns, '\0');
    for (gppo::Index i = 0; i < rows * columns; ++i) {
        const std::uint16_t bits = gppo::float_to_bf16(static_cast<float>(i % 251) - 100.0f);
        std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
    return bytes;
}

}  // namespace

TEST_CASE("a tensor read in pieces is whole and alone", "[model][read_tensor]") {
    const std::string bytes = bf16_file();
    std::vector<float> values(rows * columns + 20, -7.0f);
    gppo::read_tensor({"w", "BF16", {rows, columns}, bytes}, {"w", {rows, columns}, 10}, values,
                      "file");
    bool same = true;
    for (gppo::Index i = 0; i < rows * columns; ++i)
        same = same &&
               values[static_cast<std::size_t>(10 + i)] == static_cast<float>(i % 251) - 100.0f;
    CHECK(same);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(values[i] == -7.0f);
        CHECK(values[values.size() - 1 - i] == -7.0f);
    }
}

TEST_CASE("the first value that is not finite is named, whichever piece it is in",
          "[model][read_tensor]") {
    std::string bytes = bf16_file();
    const auto put = [&](gppo::Index row, gppo::Index column, float value) {
        const std::uint16_t bits = gppo::float_to_bf16(value);
        std::memcpy(bytes.data() + 2 * (row * columns + column), &bits, 2);
    };
    put(4, 300'006, std::numeric_limits<float>::quiet_NaN());
    std::vector<float> values(rows * columns);
    const auto read = [&] {
        gppo::read_tensor({"w", "BF16", {rows, columns}, bytes}, {"w", {rows, columns}, 0}, values,
                          "file");
    };
    CHECK_THROWS_WITH(read(), "file: tensor 'w' is NaN at [4, 300006]");
    put(1, 3, std::numeric_limits<float>::infinity());
    CHECK_THROWS_WITH(read(), "file: tensor 'w' is infinite at [1, 3]");
}

TEST_CASE("a tensor of another dtype or size is refused", "[model][read_tensor]") {
    std::vector<float> values(4);
    const std::string bytes(16, '\0');
    CHECK_THROWS_WITH(gppo::read_tensor({"w", "I32", {4}, bytes}, {"w", {4}, 0}, values, "file"),
                      Catch::Contains("file: tensor 'w' has dtype I32"));
    CHECK_THROWS_WITH(gppo::read_tensor({"w", "F32", {3}, bytes}, {"w", {3}, 0}, values, "file"),
                      Catch::Contains("does not hold 3 elements"));
}

TEST_CASE("weights that are kept in bf16 are rounded to nearest, and infinite only by name",
          "[model][read_tensor]") {
    const float values[] = {1.0f, 1.00390625f, -1.01171875f, 3.3e38f};  // two lie halfway
    std::string bytes(sizeof values, '\0');
    std::memcpy(bytes.data(), values, sizeof values);
    std::vector<std::uint16_t> kept(5, 7);
    gppo::read_tensor({"w", "F32", {4}, bytes}, {"w", {4}, 1}, kept, "file");
    CHECK(kept == std::vector<std::uint16_t>{7, 0x3F80, 0x3F80, 0xBF82, 0x7F78});
    const float large = 3.4e38f;  // finite in fp32 alone
    std::memcpy(bytes.data() + 8, &large, 4);
    CHECK_THROWS_WITH(gppo::read_tensor({"w", "F32", {4}, bytes}, {"w", {4}, 0}, kept, "file"),
                      "file: tensor 'w' is infinite at [2]");
}
