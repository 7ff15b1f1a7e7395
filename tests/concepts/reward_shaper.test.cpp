// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/reward_shaper.hpp>

#include <memory>

namespace elsewhere {

struct Brief {
    float operator()(const gppo::Response& response) const { return response.length < 10; }
};
struct Halved {
    float operator()(float reward, const gppo::Response&) const { return reward / 2; }
};
struct WantsMutable {
    float operator()(const gppo::Response&) { return 1.0f; }
};
struct ChangesIt {
    float operator()(gppo::Response&) const { return 1.0f; }
};
struct Verdict {
    bool operator()(const gppo::Response& response) const { return response.right; }
};
struct Owner {
    std::unique_ptr<int> memory;
    float operator()(const gppo::Response&) const { return 1.0f; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(RewardTerm<elsewhere::Brief> && RewardShaper<elsewhere::Brief>);
static_assert(!RewardTerm<elsewhere::Halved> && RewardShaper<elsewhere::Halved>);
static_assert(!RewardShaper<elsewhere::WantsMutable> && !RewardShaper<elsewhere::ChangesIt>);
static_assert(!RewardShaper<elsewhere::Verdict> && !RewardShaper<elsewhere::Owner>);
static_assert(!RewardShaper<float>);

TEST_CASE("a term gives a reward, a shaper changes one", "[concepts][reward_shaper]") {
    CHECK(elsewhere::Brief{}({.length = 3}) == 1.0f);
    CHECK(elsewhere::Halved{}(3.0f, {}) == 1.5f);
}
