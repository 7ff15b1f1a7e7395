// SPDX-License-Identifier: Apache-2.0
//
// AdamW (kernel/adamw.hpp) where fp32 weights and moments are too much memory. Bytes a parameter
// of weight, m and v:
//
//   fp32 weight, fp32 moments    12     kernel/adamw.hpp
//   fp32 weight, bf16 moments     8
//   bf16 weight, bf16 moments     6     no master copy
//   bf16 weight, 8-bit moments    4.03  kernel/adamw_8bit.hpp
//
// bf16 has 8 bits of precision: rounded to nearest, v would not move once its relative change a
// step, 1 - beta2 = 0.001 for the usual 0.999, is below 1/512, and a weight would not once the
// learning rate is below 1/512 of it. Hence stochastic rounding for all three.
#pragma once

#include <gppo/core/philox.hpp>
#include <gppo/kernel/adamw.hpp>
#include <gppo/kernel/stored.hpp>

namespace gppo {

/// Where the random bits of a step come from: the same for every order and number of threads.
struct RoundingNoise {
    Philox random;           ///< of the run's seed
    std::uint64_t step = 0;  ///< the optimizer's
    Index first = 0;         ///< place of element 0 among all parameters

    /// Word 0: 16 bits for m, 16 for v. Word 1: 16 for the weight.
    GPPO_HD constexpr Philox::Words operator()(Index i) const noexcept {
        return random(step, static_cast<std::uint64_t>(first + i));
    }
};

/// One chunk of parameters.
template <Team X, Stored M, Stored V, Stored W>
GPPO_HD void adamw_stored(X team, AdamWStep s, RoundingNoise noise,
                          View<const float> gradient /* (n) */, M m /* (n) */, V v /* (n) */,
                          W weight /* (n) */) {
    team.for_each(weight.size(), [=](Index i) {
        const AdamWElement e =
            adamw_element(s, gradient[i], {m.load(i), v.load(i), weight.load(i)});
        const Philox::Words random = noise(i);
        m.store(i, e.m, random[0]);
        v.store(i, e.v, random[0] >> 16);
        weight.store(i, e.weight, random[1]);
    });
}

}  // namespace gppo
