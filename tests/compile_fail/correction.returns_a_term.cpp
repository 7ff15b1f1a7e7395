// SPDX-License-Identifier: Apache-2.0
// A correction is a factor; it has no say in value and weight apart.
// expect: Correction
#include <gppo/gppo.hpp>

struct MyCorrection {
#ifdef PASSING_TWIN
    template <class T>
    T operator()(T, T) const noexcept {
        return T(1);
    }
#else
    template <class T>
    gppo::Term<T> operator()(T, T) const noexcept {
        return {};
    }
#endif
};

const auto objective = gppo::corrected(
    gppo::Objective{gppo::GroupNorm{}, gppo::Gppo{}, gppo::TokenMean{}}, MyCorrection{});
