// SPDX-License-Identifier: Apache-2.0
// expect: noexcept|MapsTokenToTerm
//
// A policy runs inside parallel loops and kernels, where nothing can be caught: it must be
// noexcept.
#include <gppo/concepts/clip_policy.hpp>

struct Throwing {
#ifdef PASSING_TWIN
    gppo::Term<float> operator()(gppo::Token<float> t) const noexcept {
        return {t.advantage, t.advantage};
    }
#else
    gppo::Term<float> operator()(gppo::Token<float> t) const { return {t.advantage, t.advantage}; }
#endif
};

template <gppo::ClipPolicy P>
void use(P) {}

int main() {
    use(Throwing{});
}
