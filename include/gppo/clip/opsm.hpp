// SPDX-License-Identifier: Apache-2.0
//
// OPSM, off-policy sequence masking (DeepSeek-V3.2, 2025, arXiv 2512.02556): a bad sequence that
// the policy has moved away from does not train. An adaptor over any clip policy: where A < 0 and
// mean_t (logp_old - logp) > delta the term is dropped. TRL (off_policy_mask_threshold) and the
// paper measure from the engine's log-probs where there are any, slime from logp_old.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/pieces.hpp>

#include <vector>

namespace gppo {

template <class Inner, std::floating_point T>
struct OpsmOfSequence {
    Inner inner{};
    bool drifted = false;

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        const Term<T> term = inner(t);
        const bool dropped = drifted & (t.advantage < T(0));
        return {dropped ? T(0) : term.value, dropped ? T(0) : term.weight};
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner, std::floating_point T>
struct BoundOpsm {
    Inner inner{};
    std::vector<std::uint8_t> drifted;  // (B)

    OpsmOfSequence<Inner, T> at(Index b) const noexcept {
        return {inner, drifted[static_cast<std::size_t>(b)] != 0};
    }
};

///            A < 0, mean(logp_old - logp) > delta      otherwise
///   value    0                                         inner
///   weight   0                                         inner
template <ClipPolicy Inner>
struct Opsm {
    Inner inner{};
    float delta = 1e-4f;  ///< nats per token

    template <class X, std::floating_point T>
    BoundOpsm<Inner, T> bind(const X& execution, const Batch<T>& batch) const {
        BoundOpsm<Inner, T> bound{inner, {}};
        const View<const T> from = batch.logp_rollout.empty() ? batch.logp_old : batch.logp_rollout;
        for (const PartialSum& x : sequence_differences(execution, batch, from, batch.logp))
            bound.drifted.push_back(x.mean() > static_cast<double>(delta));
        return bound;
    }
    constexpr Region region() const noexcept { return region_of(inner); }
};
template <class Inner>
Opsm(Inner) -> Opsm<Inner>;
template <class Inner>
Opsm(Inner, float) -> Opsm<Inner>;

}  // namespace gppo
