// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/view.hpp>

#include <type_traits>
#include <vector>

using namespace gppo;

static_assert(std::is_trivially_copyable_v<View<float>>, "a view must be a kernel argument");
static_assert(std::is_convertible_v<View<float>, View<const float>>);
static_assert(!std::is_convertible_v<View<const float>, View<float>>);
static_assert(!std::is_constructible_v<View<float>, const std::vector<float>&>);

TEST_CASE("a view reads and writes the container it looks at", "[core][view]") {
    std::vector<float> owner{1, 2, 3, 4};
    const View<float> view = owner;
    view[2] = 30;
    CHECK(owner[2] == 30);
    CHECK(view.size == 4);
    const View<const float> tail = view.slice(2, 2);
    CHECK(tail.size == 2);
    CHECK(tail[0] == 30);
    CHECK(View<float>{}.empty());
}
