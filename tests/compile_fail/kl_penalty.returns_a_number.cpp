// SPDX-License-Identifier: Apache-2.0
// expect: MapsLogpsToTerm
//
// A KL estimate without its derivative.
#include <gppo/concepts/kl_penalty.hpp>

struct Difference {
#ifdef PASSING_TWIN
    gppo::Term<float> operator()(float logp, float logp_ref) const noexcept {
        return {logp - logp_ref, 1.0F};
    }
#else
    float operator()(float logp, float logp_ref) const noexcept { return logp - logp_ref; }
#endif
};

template <gppo::KlPenalty K>
void use(K) {}

int main() {
    use(Difference{});
}
