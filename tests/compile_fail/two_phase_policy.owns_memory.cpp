// SPDX-License-Identifier: Apache-2.0
// The bound policy may own memory, the policy of one sequence is copied into kernels and may not.
// expect: Policy
#include <gppo/gppo.hpp>

#include <vector>

struct OfSequence {
#ifdef PASSING_TWIN
    const float* factor = nullptr;
#else
    std::vector<float> factor;
#endif
    template <class T>
    gppo::Term<T> operator()(gppo::Token<T> t) const noexcept {
        return {t.advantage, t.advantage};
    }
};
struct Bound {
    OfSequence at(gppo::Index) const noexcept { return {}; }
};
struct MyPolicy {
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>&) const {
        return {};
    }
};

const gppo::Objective objective{gppo::GroupNorm{}, MyPolicy{}, gppo::TokenMean{}};
