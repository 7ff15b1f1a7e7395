// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/backend/stored_view.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("a view is of floats or of halves, and says so", "[backend]") {
    std::vector<float> floats{1.0f, 2.0f, 3.0f};
    std::vector<std::uint16_t> halves{0x3F80, 0x4000, 0x4040};
    const StoredView<float> wide = floats, narrow = halves;
    CHECK(wide.width() == 4);
    CHECK(narrow.width() == 2);
    CHECK(narrow.bytes().size == 6);
    CHECK(narrow.slice(1, 2).factor()[1] == 3.0f);
    CHECK(wide.slice(1, 2).floats()[0] == 2.0f);
    const StoredView<const float> read = narrow;
    CHECK(read.halves()[2] == 0x4040);
    CHECK_THROWS_AS(read.floats(), Error);
    CHECK_THROWS_AS(wide.halves(), Error);
}

TEST_CASE("copies between storages round to nearest", "[backend]") {
    const std::vector<float> floats{1.0f, 1.00390625f, 1.01171875f, -3.0f};  // two lie halfway
    std::vector<std::uint16_t> halves(4), again(4);
    std::vector<float> back(4);
    copy_stored(View<const float>(floats), halves);
    copy_stored(View<const std::uint16_t>(halves), back);
    CHECK(back == std::vector<float>{1.0f, 1.0f, 1.015625f, -3.0f});
    copy_stored(View<const std::uint16_t>(halves), again);
    CHECK(again == halves);
    copy_stored(View<const float>(floats), back);
    CHECK(back == floats);
    CHECK_THROWS_AS(copy_stored(View<const float>(floats).slice(0, 2), back), Error);
}

TEST_CASE("a buffer takes two or four bytes a number", "[backend]") {
    for (const Precision kept : {Precision::fp32, Precision::bf16}) {
        StoredBuffer<Cpu> buffer(kept);
        CHECK(buffer.size() == 0);
        buffer.resize(5);
        CHECK(buffer.size() == 5);
        CHECK(buffer.view().kept == kept);
        CHECK(buffer.view().bytes().size == (kept == Precision::bf16 ? 10 : 20));
        CHECK(std::as_const(buffer).view().factor()[4] == 0.0f);
    }
}
