// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/concepts/clip_policy.hpp>
#include <gppo/evaluate.hpp>
#include <gppo/gppo.hpp>

#include <memory>
#include <vector>

namespace elsewhere {

/// All a clip policy must have, and nothing else.
struct Reinforce {
    template <class T>
    gppo::Term<T> operator()(gppo::Token<T> token) const noexcept {
        return {token.advantage * token.logp, token.advantage};
    }
};
struct MayThrow {
    gppo::Term<float> operator()(gppo::Token<float>) const { return {}; }
};
struct Owning {
    std::shared_ptr<int> memory;
    gppo::Term<float> operator()(gppo::Token<float>) const noexcept { return {}; }
};
struct ReturnsNumber {
    float operator()(gppo::Token<float>) const noexcept { return 0.0f; }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(ClipPolicy<elsewhere::Reinforce> && ClipPolicy<elsewhere::Reinforce, double>);
static_assert(!ClipPolicy<int> && !ClipPolicy<elsewhere::ReturnsNumber>);
static_assert(!MapsTokenToTerm<elsewhere::MayThrow, float>);
static_assert(MapsTokenToTerm<elsewhere::Owning, float> && !KernelArgument<elsewhere::Owning>);

TEST_CASE("a policy from a foreign namespace runs with no registration",
          "[concepts][clip_policy]") {
    const std::vector<float> logp{-1.0f, -2.0f};
    const std::vector<Index> offsets{0, 2}, group{0};
    std::vector<float> advantage{0.5f}, coefficient{0.5f}, dlogp(2);
    const Batch<> batch{.logp = logp,
                        .logp_old = logp,
                        .offsets = offsets,
                        .group = group,
                        .advantage = advantage,
                        .coefficient = coefficient};
    const Objective objective{GroupMean{}, elsewhere::Reinforce{}, TokenMean{}};
    CHECK(evaluate(serial, objective, batch, dlogp).value == Approx(0.75));
    CHECK(dlogp == std::vector<float>{-0.25f, -0.25f});
}
