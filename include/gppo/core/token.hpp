// SPDX-License-Identifier: Apache-2.0
//
// The waist of the library: what a clip policy may know about one sampled token, and its answer.
#pragma once

#include <concepts>

namespace gppo {

/// One sampled token. ratio = exp(logp - logp_old).
template <std::floating_point T>
struct Token {
    T logp{};
    T logp_old{};
    T ratio{1};
    T advantage{};
};

/// The answer: the token's share of the objective J (to be maximised), and dJ/dlogp.
/// Two numbers, because GPPO and CISPO are *defined* by a weight that is not the derivative of
/// their value.
template <std::floating_point T>
struct Term {
    T value{};
    T weight{};
};

}  // namespace gppo
