// SPDX-License-Identifier: Apache-2.0
// at(b) runs inside parallel loops, where nothing can be caught: it must be noexcept.
// expect: Policy
#include <gppo/gppo.hpp>

struct Bound {
#ifdef PASSING_TWIN
    gppo::PpoClip at(gppo::Index) const noexcept { return {}; }
#else
    gppo::PpoClip at(gppo::Index) const { return {}; }
#endif
};
struct MyPolicy {
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>&) const {
        return {};
    }
};

const gppo::Objective objective{gppo::GroupNorm{}, MyPolicy{}, gppo::TokenMean{}};
