// SPDX-License-Identifier: Apache-2.0
//
// The loops over the tokens of one sequence: policy, KL, entropy, positives. Team functions,
// so that a backend only decides which tokens go where. Every one writes or adds d loss / d logp
// and returns its part of a sum; none looks up which sequence a token belongs to.
// Not inlined, so that a pass that also collects diagnostics runs the very same code: compiled
// apart, products and sums may be contracted differently.
#pragma once

#include <gppo/aggregate/positives.hpp>
#include <gppo/concepts/correction.hpp>
#include <gppo/concepts/kl_penalty.hpp>
#include <gppo/concepts/two_phase_policy.hpp>
#include <gppo/core/math.hpp>
#include <gppo/core/read_only.hpp>
#include <gppo/core/token.hpp>
#include <gppo/core/view.hpp>
#include <gppo/correction/none.hpp>

#include <concepts>
#include <cstdint>

namespace gppo {

/// exp(logp - logp_old), held at a finite number, so that 0 * ratio is 0.
template <std::floating_point T>
GPPO_HD T ratio_of(T logp, T logp_old) noexcept {
    return math::exp_finite(logp - logp_old);
}

/// Tokens [0, size) of one sequence, or a stretch of it. Null: not given.
template <std::floating_point T>
struct Segment {
    Index size = 0;
    Index first = 0;                     // place in the sequence of its first token
    const T* logp = nullptr;             // (size)
    const T* logp_old = nullptr;         // (size)
    const T* logp_ref = nullptr;         // (size) or null
    const T* entropy = nullptr;          // (size) or null
    const T* logp_rollout = nullptr;     // (size) or null: nothing reads it
    const T* entropy_old = nullptr;      // (size) or null: nothing reads it
    const std::uint8_t* mask = nullptr;  // (size) or null
    const T* advantage = nullptr;        // (size) or (1), see advantage_of
    T* dlogp = nullptr;                  // (size)
    T* dentropy = nullptr;               // (size) or null
    T coefficient = 0;
    T positive_coefficient = 0;
};

/// Which tokens train: all of them. The fast case; see Checked for the other.
struct Everything {
    template <std::floating_point T>
    GPPO_HD constexpr bool operator()(const Segment<T>&, Index) const noexcept {
        return true;
    }
};

/// A masked token is silent, and so is one with a NaN or infinity among its inputs.
struct Checked {
    template <std::floating_point T>
    GPPO_HD static constexpr bool selected(const Segment<T>& s, Index i) noexcept {
        return s.mask == nullptr || read_only(s.mask + i) != 0;
    }
    template <std::floating_point T>
    GPPO_HD static constexpr bool finite(const Segment<T>& s, Index i) noexcept {
        return math::finite(s.logp[i] - s.logp_old[i]) &&
               (s.logp_ref == nullptr || math::finite(s.logp_ref[i])) &&
               (s.entropy == nullptr || math::finite(s.entropy[i])) &&
               (s.logp_rollout == nullptr || math::finite(s.logp_rollout[i])) &&
               (s.entropy_old == nullptr || math::finite(s.entropy_old[i]));
    }
    template <std::floating_point T>
    GPPO_HD constexpr bool operator()(const Segment<T>& s, Index i) const noexcept {
        return selected(s, i) && finite(s, i);
    }
};

/// One advantage for the whole sequence, or one per token.
struct PerSequence {
    template <std::floating_point T>
    GPPO_HD static constexpr T of(const T* advantage, Index) noexcept {
        return read_only(advantage);
    }
};
struct PerToken {
    template <std::floating_point T>
    GPPO_HD static constexpr T of(const T* advantage, Index i) noexcept {
        return read_only(advantage + i);
    }
};

/// What a policy is asked about token i of a segment.
template <class Advantage, std::floating_point T>
GPPO_HD Token<T> token_of(const Segment<T>& s, Index i) noexcept {
    const T logp = read_only(s.logp + i), old = read_only(s.logp_old + i);
    return {logp, old, ratio_of(logp, old), Advantage::of(s.advantage, i)};
}

/// A term times its rollout correction, held at the largest finite number: two ratios at the end of
/// the range have no product, and infinity times a masked 0 is NaN. A log-prob of the engine that
/// is not finite makes the value NaN, whatever the correction does to it: x - x is 0 for finite x
/// only.
template <class R, std::floating_point T>
GPPO_HD Term<T> correct_term(const R& correct, const Segment<T>& s, Index i, Term<T> term) {
    if constexpr (std::same_as<R, NoCorrection>) {
        return term;
    } else {
        const T engine = read_only(s.logp_rollout + i);
        const T factor = correct(read_only(s.logp_old + i), engine);
        constexpr T most = math::largest<T>;
        return {math::clamp(factor * term.value, -most, most) + (engine - engine),
                math::clamp(factor * term.weight, -most, most)};
    }
}

/// The tokens a policy treats apart, after the loop over all: the change of the sum.
template <class Advantage, class X, class C, class R, std::floating_point T, class Live>
GPPO_HD T revise(X team, const C& clip, const R& correct, const Segment<T>& s, Live live) {
    const View<const Index> places = clip.revised();
    return team.sum(places.size, [=](Index k) -> T {
        const Index i = places[k] - s.first;
        if (i < 0 || i >= s.size || !live(s, i)) return T(0);
        const Token<T> token = token_of<Advantage>(s, i);
        const Term<T> plain = correct_term(correct, s, i, term_at(clip, token, places[k]));
        const Term<T> term = correct_term(correct, s, i, clip.revise(token));
        s.dlogp[i] = -(s.coefficient * term.weight);
        return term.value - plain.value;
    });
}

/// Sum of the policy's values; dlogp = -coefficient * weight. A token with a log-prob that is not
/// finite makes the sum NaN, as in correct_term().
template <class Advantage, class X, class C, std::floating_point T, class Live,
          class R = NoCorrection>
    requires TokenPolicy<C, T>
[[gnu::noinline]] GPPO_HD T surrogate(X team, const C& clip, const Segment<T>& s, Live live,
                                      const R& correct = {}) {
    const T sum = team.sum(s.size, [=](Index i) -> T {
        const Token<T> token = token_of<Advantage>(s, i);
        const T difference = token.logp - token.logp_old;
        const Term<T> term = correct_term(correct, s, i, term_at(clip, token, s.first + i));
        const bool on = live(s, i);
        s.dlogp[i] = on ? -(s.coefficient * term.weight) : T(0);
        return on ? term.value + (difference - difference) : T(0);
    });
    if constexpr (RevisesTokens<C, T>)
        return sum + revise<Advantage>(team, clip, correct, s, live);
    else
        return sum;
}

/// A penalty's term of token i, with the ratio to the policy that sampled where it asks for it.
template <KlPenalty K, std::floating_point T>
GPPO_HD Term<T> penalty_term(const K& penalty, const Segment<T>& s, Index i) {
    const T logp = read_only(s.logp + i), reference = read_only(s.logp_ref + i);
    if constexpr (MapsLogpsAndRatioToTerm<K, T>)
        return penalty(logp, reference, ratio_of(logp, read_only(s.logp_old + i)));
    else
        return penalty(logp, reference);
}

/// Sum of the penalty's values; dlogp += coefficient * scale * weight.
template <class X, KlPenalty K, std::floating_point T, class Live>
[[gnu::noinline]] GPPO_HD T penalise(X team, const K& penalty, T scale, const Segment<T>& s,
                                     Live live) {
    const T factor = s.coefficient * scale;
    return team.sum(s.size, [=](Index i) -> T {
        const Term<T> term = penalty_term(penalty, s, i);
        const bool on = live(s, i);
        s.dlogp[i] += on ? factor * term.weight : T(0);
        return on ? term.value : T(0);
    });
}

/// Sum of the entropies; dentropy = -coefficient * scale.
template <class X, std::floating_point T, class Live>
[[gnu::noinline]] GPPO_HD T encourage(X team, T scale, const Segment<T>& s, Live live) {
    const T weight = -(s.coefficient * scale);
    if (s.dentropy != nullptr)
        team.for_each(s.size, [=](Index i) { s.dentropy[i] = live(s, i) ? weight : T(0); });
    if (s.entropy == nullptr) return T(0);
    return team.sum(s.size,
                    [=](Index i) -> T { return live(s, i) ? read_only(s.entropy + i) : T(0); });
}

/// Sum of -logp; dlogp -= positive_coefficient * scale.
template <class X, std::floating_point T, class Live>
[[gnu::noinline]] GPPO_HD T imitate(X team, T scale, const Segment<T>& s, Live live) {
    const T weight = s.positive_coefficient * scale;
    return team.sum(s.size, [=](Index i) -> T {
        const bool on = live(s, i);
        s.dlogp[i] -= on ? weight : T(0);
        return on ? -read_only(s.logp + i) : T(0);
    });
}

}  // namespace gppo
