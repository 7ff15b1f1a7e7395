// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/aggregation.hpp>

namespace elsewhere {

struct PerToken {
    double operator()(gppo::Extent extent) const noexcept {
        return 1.0 / static_cast<double>(extent.length);
    }
};
struct Float {
    float operator()(gppo::Extent) const noexcept { return 1.0f; }
};
struct MayThrow {
    double operator()(gppo::Extent) const { return 1.0; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(Aggregation<elsewhere::PerToken>);
static_assert(!Aggregation<elsewhere::Float> && !Aggregation<elsewhere::MayThrow>);

TEST_CASE("an aggregation is a number per sequence", "[concepts][aggregation]") {
    CHECK(elsewhere::PerToken{}(Extent{.length = 4}) == 0.25);
}
