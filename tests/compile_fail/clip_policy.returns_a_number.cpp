// SPDX-License-Identifier: Apache-2.0
// expect: MapsTokenToTerm
//
// A policy that returns only the value, as code that relies on autograd would.
#include <gppo/concepts/clip_policy.hpp>

struct Surrogate {
#ifdef PASSING_TWIN
    gppo::Term<float> operator()(gppo::Token<float> t) const noexcept {
        return {t.ratio * t.advantage, t.ratio * t.advantage};
    }
#else
    float operator()(gppo::Token<float> t) const noexcept { return t.ratio * t.advantage; }
#endif
};

template <gppo::ClipPolicy P>
void use(P) {}

int main() {
    use(Surrogate{});
}
