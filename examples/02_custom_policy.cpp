// SPDX-License-Identifier: Apache-2.0
// Your own clip policy, in your own namespace, with no registration: clipped tokens keep half their
// pull.
#include <gppo/gppo.hpp>

#include <cstdio>
#include <vector>

namespace lab {
struct HalfClip {
    float high = 0.28f;
    template <std::floating_point T>
    GPPO_HD constexpr gppo::Term<T> operator()(gppo::Token<T> t) const noexcept {
        const T r = gppo::pessimistic(t, T(0), T(1) + T(high));
        return {r * t.advantage, (r == t.ratio ? T(1) : T(0.5)) * r * t.advantage};
    }
};
static_assert(gppo::ClipPolicy<HalfClip>);
}  // namespace lab

int main() {
    const std::vector<float> logp{-1.0f, -0.5f}, logp_old{-1.0f, -2.5f}, rewards{0.0f, 1.0f};
    const std::vector<gppo::Index> offsets{0, 1, 2}, group{0, 0};
    std::vector<float> advantage(2), coefficient(2), dlogp(2);
    const gppo::Batch<> batch{.logp = logp,
                              .logp_old = logp_old,
                              .offsets = offsets,
                              .group = group,
                              .advantage = advantage,
                              .coefficient = coefficient};
    const gppo::Objective mine{gppo::Rloo{}, lab::HalfClip{}, gppo::SequenceMeanTokenMean{}};
    mine.prepare(rewards, batch);
    gppo::evaluate(gppo::serial, mine, batch, dlogp);
    std::printf("half the clipped pull: %g (GPPO: -0.64)\n", dlogp[1]);
}
