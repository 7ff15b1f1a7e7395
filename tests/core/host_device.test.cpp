// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/host_device.hpp>

namespace {
GPPO_HD constexpr int twice(int x) {
    return 2 * x;
}
}  // namespace

TEST_CASE("a host-device function is an ordinary constexpr function on the host", "[core]") {
    static_assert(twice(21) == 42);
    CHECK(twice(21) == 42);
}
