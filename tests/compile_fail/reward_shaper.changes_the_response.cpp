// SPDX-License-Identifier: Apache-2.0
// A part that could change what the next part sees.
// expect: MapsRewardToReward
#include <gppo/concepts/reward_shaper.hpp>

struct Forgiving {
#ifdef PASSING_TWIN
    float operator()(float reward, const gppo::Response&) const { return reward; }
#else
    float operator()(float reward, gppo::Response& response) const {
        response.right = true;
        return reward;
    }
#endif
};

template <gppo::RewardShaper S>
void use(S) {}

int main() {
    use(Forgiving{});
}
