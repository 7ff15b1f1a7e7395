// SPDX-License-Identifier: Apache-2.0
// A policy that might throw inside a parallel loop.
// expect: MapsTokenToTerm
#include <gppo/gppo.hpp>

struct MyClip {
    template <class T>
    gppo::Term<T> operator()(gppo::Token<T> t) const
#ifdef PASSING_TWIN
        noexcept
#endif
    {
        return {t.advantage, t.advantage};
    }
};

const gppo::DualClip<MyClip> policy{};
