// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/cpu.hpp>

using namespace gppo;

namespace {
struct OnlyRows {
    template <class F>
    void for_rows(Index, F) const {}
};
}  // namespace

static_assert(Backend<Cpu>);
static_assert(!Backend<OnlyRows>);
static_assert(!Backend<int>);

TEST_CASE("strides of a product follow from its shape unless they are given", "[backend]") {
    const Gemm plain{2, 3, 5}, turned{2, 3, 5, true, true},
        given{2, 3, 5, false, false, 0, 7, 8, 9};
    CHECK(plain.a_stride() == 5);
    CHECK(plain.b_stride() == 3);
    CHECK(plain.c_stride() == 3);
    CHECK(turned.a_stride() == 2);
    CHECK(turned.b_stride() == 5);
    CHECK(given.a_stride() == 7);
    CHECK(given.b_stride() == 8);
    CHECK(given.c_stride() == 9);
}
