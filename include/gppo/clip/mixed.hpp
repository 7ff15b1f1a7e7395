// SPDX-License-Identifier: Apache-2.0
//
// Two policies in one batch: sequences that another policy wrote (batch.off_policy) use one, the
// rest the other. LUFFY (Yan et al. 2025, arXiv 2504.14945) is its shaping for the expert's answers
// and PPO's clip for its own: Mixed{PpoClip{}, LuffyShaping{}}.
#pragma once

#include <gppo/clip/region.hpp>
#include <gppo/concepts/two_phase_policy.hpp>

namespace gppo {

template <class On, class Off, std::floating_point T>
struct MixedOfSequence {
    On on{};
    Off off{};
    bool is_off = false;

    GPPO_HD constexpr Term<T> operator()(Token<T> t) const noexcept {
        return is_off ? off(t) : on(t);
    }
    constexpr Region region() const noexcept { return is_off ? region_of(off) : region_of(on); }
};
template <class On, class Off, std::floating_point T>
struct BoundMixed {
    On on{};
    Off off{};
    Batch<T> batch{};

    MixedOfSequence<On, Off, T> at(Index b) const noexcept {
        return {on, off, batch.off_policy[b] != 0};
    }
};

///            batch.off_policy[b]    otherwise
///   value    off                    on
///   weight   off                    on
template <ClipPolicy On, ClipPolicy Off>
struct Mixed {
    On on{};
    Off off{};

    static constexpr Traits traits{.reads_off_policy = true};

    template <class X, std::floating_point T>
    BoundMixed<On, Off, T> bind(const X&, const Batch<T>& batch) const {
        return {on, off, batch};
    }
    constexpr Region region() const noexcept { return region_of(on); }
};
template <class On, class Off>
Mixed(On, Off) -> Mixed<On, Off>;

}  // namespace gppo
