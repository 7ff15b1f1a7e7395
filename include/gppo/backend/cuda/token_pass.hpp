// SPDX-License-Identifier: Apache-2.0
//
// A clip policy for people who have their own iterators: a function from (logp, logp_old,
// advantage, coefficient) of a token to its (loss, d loss / d logp), for thrust::transform and
// thrust::transform_reduce on any of Thrust's systems. KL, entropy and positives are not in it.
//
//   auto tokens = thrust::make_zip_iterator(logp, logp_old, advantage, coefficient);
//   auto out = thrust::make_zip_iterator(loss, dlogp);
//   thrust::transform(tokens, tokens + T, out, gppo::TokenPass{gppo::Gppo{}});
#pragma once

#include <gppo/concepts/clip_policy.hpp>
#include <gppo/surrogate.hpp>

#include <thrust/tuple.h>
#include <type_traits>

namespace gppo {

template <class C>
    requires ClipPolicy<C, float>
struct TokenPass {
    C clip;

    /// advantage and coefficient are those of the token's sequence.
    template <class Four>
    GPPO_HD auto operator()(const Four& of) const {
        using T = std::remove_cvref_t<decltype(thrust::get<0>(of))>;
        const T logp = thrust::get<0>(of), logp_old = thrust::get<1>(of);
        const T coefficient = thrust::get<3>(of);
        const Term<T> term =
            clip(Token<T>{logp, logp_old, ratio_of(logp, logp_old), T(thrust::get<2>(of))});
        return thrust::tuple<T, T>(-(coefficient * term.value), -(coefficient * term.weight));
    }
};
template <class C>
TokenPass(C) -> TokenPass<C>;

}  // namespace gppo
