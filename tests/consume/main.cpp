// SPDX-License-Identifier: Apache-2.0
//
// What another project writes: one include, one token far above the upper bound, standard library
// only.
#include <gppo/gppo.hpp>

#include <cstdio>

int main() {
    const gppo::Token<float> token{
        .logp = 0.0F, .logp_old = -1.0F, .ratio = 2.718F, .advantage = 1.0F};
    const gppo::Term<float> dropped = gppo::PpoClip{}(token);
    const gppo::Term<float> kept = gppo::Gppo{.high = 0.28F}(token);
    std::printf("PPO drops the token: %g, GPPO keeps the boundary's pull: %g\n",
                static_cast<double>(dropped.weight), static_cast<double>(kept.weight));
    return dropped.weight == 0.0F && kept.weight > 1.27F && kept.weight < 1.29F ? 0 : 1;
}
