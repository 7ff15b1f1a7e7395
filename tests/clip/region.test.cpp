// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/clip/ppo.hpp>
#include <gppo/clip/region.hpp>

using namespace gppo;

namespace {
struct Unbounded {};
}  // namespace

static_assert(HasRegion<PpoClip> && !HasRegion<Unbounded>);
static_assert(region_of(Unbounded{}).highest == 1.2f);
static_assert(region_of(PpoClip{.high = 0.5f}).highest == 1.5f);

TEST_CASE("good tokens are capped above, bad tokens below", "[clip][region]") {
    const auto at = [](double ratio, double advantage) {
        return pessimistic(Token<double>{.ratio = ratio, .advantage = advantage}, 0.8, 1.2);
    };
    CHECK(at(0.5, 1.0) == 0.5);
    CHECK(at(2.0, 1.0) == 1.2);
    CHECK(at(0.5, -1.0) == 0.8);
    CHECK(at(2.0, -1.0) == 2.0);
    CHECK(at(1.0, 1.0) == 1.0);
}

TEST_CASE("pessimistic is the ratio that the minimum of the two surrogates selects",
          "[clip][region]") {
    for (double ratio = 0.0; ratio < 3.0; ratio += 0.01)
        for (const double advantage : {-1.5, 0.7}) {
            const double clipped = ratio < 0.8 ? 0.8 : (ratio > 1.2 ? 1.2 : ratio);
            const double plain = ratio * advantage, bounded = clipped * advantage;
            const Token<double> token{.ratio = ratio, .advantage = advantage};
            CHECK(pessimistic(token, 0.8, 1.2) * advantage == (plain < bounded ? plain : bounded));
        }
}
