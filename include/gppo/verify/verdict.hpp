// SPDX-License-Identifier: Apache-2.0
//
// What a verifier says about one answer. "Different" is a finding; "unparsable" and "budget" are
// the verifier's own limits, counted apart so that false zeros are seen.
#pragma once

#include <gppo/core/view.hpp>

#include <string_view>

namespace gppo {

/// equal and different are certain. unparsable: no answer found, or one that the verifier cannot
/// read or decide. budget: deciding would cost more than is allowed.
enum class Verdict { equal, different, unparsable, budget };

constexpr std::string_view verdict_name(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::equal:
            return "equal";
        case Verdict::different:
            return "different";
        case Verdict::unparsable:
            return "unparsable";
        case Verdict::budget:
            return "budget";
    }
    return "";
}

/// A verdict and why, in static text.
struct Judgement {
    Verdict verdict = Verdict::unparsable;
    std::string_view reason;
};

/// How often each verdict was given.
struct VerdictCounts {
    Index equal = 0, different = 0, unparsable = 0, budget = 0;

    constexpr void add(Verdict verdict) noexcept {
        switch (verdict) {
            case Verdict::equal:
                ++equal;
                break;
            case Verdict::different:
                ++different;
                break;
            case Verdict::unparsable:
                ++unparsable;
                break;
            case Verdict::budget:
                ++budget;
                break;
        }
    }
    constexpr Index total() const noexcept { return equal + different + unparsable + budget; }
};

}  // namespace gppo
