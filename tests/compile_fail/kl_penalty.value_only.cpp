// SPDX-License-Identifier: Apache-2.0
// A penalty without its derivative.
// expect: MapsLogpsToTerm
#include <gppo/gppo.hpp>

struct MyKl {
#ifdef PASSING_TWIN
    template <class T>
    gppo::Term<T> operator()(T logp, T logp_ref) const noexcept {
        return {logp - logp_ref, T(1)};
    }
#else
    template <class T>
    T operator()(T logp, T logp_ref) const noexcept {
        return logp - logp_ref;
    }
#endif
};

const gppo::KlTerm<MyKl> term{};
