// SPDX-License-Identifier: Apache-2.0
//
// One runaway token: three times as likely as when it was sampled, and good. PPO drops it, GPPO
// does not.
#include <gppo/gppo.hpp>

#include <cstdio>

int main() {
    const gppo::Token<float> runaway{.ratio = 3.0f, .advantage = 1.0f};
    const float ppo = gppo::PpoClip{.low = 0.2f, .high = 0.28f}(runaway).weight;
    const float ours = gppo::Gppo{.low = 0.2f, .high = 0.28f}(runaway).weight;
    std::printf("dJ/dlogp of a good token at ratio 3: PPO %g, GPPO %g\n", ppo, ours);
    return ppo == 0.0f && ours == 1.28f ? 0 : 1;
}
