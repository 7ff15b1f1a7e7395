// SPDX-License-Identifier: Apache-2.0
// A policy that returns one number instead of a term.
// expect: ClipPolicy
#include <gppo/gppo.hpp>

struct MyClip {
#ifdef PASSING_TWIN
    template <class T>
    gppo::Term<T> operator()(gppo::Token<T> t) const noexcept {
        return {t.advantage * t.ratio, t.advantage * t.ratio};
    }
#else
    template <class T>
    T operator()(gppo::Token<T> t) const noexcept {
        return t.advantage * t.ratio;
    }
#endif
};

const gppo::Objective<gppo::GroupNorm, MyClip, gppo::TokenMean> objective{};
