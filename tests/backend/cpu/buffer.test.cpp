// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/buffer.hpp>

#include <cstdint>

using namespace gppo;

TEST_CASE("a buffer is zeroed, aligned, and keeps its memory when it shrinks",
          "[backend][buffer]") {
    Buffer<float> buffer(1000);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    for (const float x : buffer.view()) REQUIRE(x == 0.0f);
    buffer[3] = 5.0f;
    const float* const memory = buffer.data();
    buffer.resize(10);
    CHECK(buffer.size() == 10);
    CHECK(buffer.view().size == 10);
    buffer.resize(1000);
    CHECK(buffer.data() == memory);
    CHECK(buffer[3] == 5.0f);
    buffer.resize(5000);
    CHECK(buffer.capacity() == 5000);
    CHECK(buffer[3] == 0.0f);
}

TEST_CASE("an empty buffer has an empty view", "[backend][buffer]") {
    CHECK(Buffer<int>{}.view().empty());
    CHECK(Buffer<int>(0).view().empty());
}
