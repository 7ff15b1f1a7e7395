// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/core/mask_run.hpp>
#include <gppo/core/philox.hpp>

#include <algorithm>
#include <vector>

using namespace gppo;
using Kind = MaskRun::Kind;

namespace {

/// Runs of random lengths; a token that trains is any number but 0.
std::vector<std::uint8_t> random_mask(std::uint64_t seed, Index longest) {
    const Philox random{seed};
    std::vector<std::uint8_t> mask;
    for (std::uint64_t k = 0; mask.size() < 3000; ++k) {
        const auto size = 1 + random.below(static_cast<std::uint64_t>(longest), 0, k);
        const auto value = k % 2 == 0 ? 0 : static_cast<std::uint8_t>(1 + random.below(255, 1, k));
        mask.insert(mask.end(), size, static_cast<std::uint8_t>(value));
    }
    return mask;
}

}  // namespace

TEST_CASE("the runs of a mask cover it and are what they say", "[core][mask_run]") {
    const auto seed = GENERATE(range(1u, 20u));
    INFO("seed " << seed);
    const auto mask = random_mask(seed, GENERATE(Index{2}, Index{40}, Index{500}));
    const auto last = static_cast<Index>(mask.size());
    Kind before = Kind::mixed;
    for (Index first = 0; first < last;) {
        const MaskRun run = mask_run(mask.data(), first, last);
        REQUIRE(run.end > first);
        REQUIRE(run.end <= last);
        const auto on = std::count_if(mask.begin() + first, mask.begin() + run.end,
                                      [](std::uint8_t m) { return m != 0; });
        if (run.kind == Kind::all) CHECK(on == run.end - first);
        if (run.kind == Kind::none) CHECK(on == 0);
        if (run.kind == Kind::mixed && first > 0) CHECK(before != Kind::mixed);
        before = run.kind;
        first = run.end;
    }
}

TEST_CASE("long runs stand alone and short ones are taken together", "[core][mask_run]") {
    std::vector<std::uint8_t> mask(100, 1);
    CHECK(mask_run(mask.data(), 0, 100).kind == Kind::all);
    std::fill(mask.begin() + 40, mask.begin() + 90, std::uint8_t{0});
    CHECK(mask_run(mask.data(), 0, 100).end == 40);
    CHECK(mask_run(mask.data(), 40, 100).end == 90);
    CHECK(mask_run(mask.data(), 40, 100).kind == Kind::none);
    CHECK(mask_run(mask.data(), 85, 100).kind == Kind::mixed);
    for (Index i = 0; i < 40; i += 2) mask[static_cast<std::size_t>(i)] = 0;
    CHECK(mask_run(mask.data(), 0, 100).end == 40);
    CHECK(mask_run(mask.data(), 0, 100).kind == Kind::mixed);
}
