// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/gppo.hpp>

#include <memory>
#include <vector>

namespace elsewhere {

/// All a two-phase policy must have, and nothing else: REINFORCE with weights by sequence length.
struct ByLength {
    struct OfSequence {
        float length = 1;
        template <class T>
        gppo::Term<T> operator()(gppo::Token<T> t) const noexcept {
            return {T(length) * t.advantage * t.logp, T(length) * t.advantage};
        }
    };
    struct Bound {
        gppo::View<const gppo::Index> offsets;
        OfSequence at(gppo::Index b) const noexcept {
            return {static_cast<float>(offsets[b + 1] - offsets[b])};
        }
    };
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>& batch) const {
        return {batch.offsets};
    }
};
/// One that asks which token of its sequence it is: the first token only.
struct FirstToken {
    struct OfSequence {
        template <class T>
        gppo::Term<T> operator()(gppo::Token<T> t, gppo::Index place) const noexcept {
            return place == 0 ? gppo::Term<T>{t.advantage, t.advantage} : gppo::Term<T>{};
        }
    };
    struct Bound {
        OfSequence at(gppo::Index) const noexcept { return {}; }
    };
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>&) const {
        return {};
    }
};
struct BindsNothing {
    template <class X, class T>
    int bind(const X&, const gppo::Batch<T>&) const {
        return 0;
    }
};
struct MayThrow {
    struct Bound {
        ByLength::OfSequence at(gppo::Index) const { return {}; }
    };
    template <class X, class T>
    Bound bind(const X&, const gppo::Batch<T>&) const {
        return {};
    }
};

}  // namespace elsewhere

using namespace gppo;

static_assert(TwoPhasePolicy<elsewhere::ByLength> && TwoPhasePolicy<elsewhere::ByLength, double>);
static_assert(Policy<elsewhere::ByLength> && Policy<Gppo> && !TwoPhasePolicy<Gppo>);
static_assert(BoundPolicy<elsewhere::ByLength::Bound> && !ClipPolicy<elsewhere::ByLength>);
static_assert(TwoPhasePolicy<elsewhere::FirstToken> &&
              !ClipPolicy<elsewhere::FirstToken::OfSequence>);
static_assert(!TwoPhasePolicy<elsewhere::BindsNothing> && !TwoPhasePolicy<elsewhere::MayThrow>);

TEST_CASE("a two-phase policy from a foreign namespace runs with no registration",
          "[concepts][two_phase_policy]") {
    const std::vector<float> logp{-1.0f, -2.0f, -3.0f};
    const std::vector<Index> offsets{0, 2, 3}, group{0, 0};
    std::vector<float> advantage{0.5f, -1.0f}, coefficient{1.0f, 1.0f}, dlogp(3);
    const Batch<> batch{.logp = logp,
                        .logp_old = logp,
                        .offsets = offsets,
                        .group = group,
                        .advantage = advantage,
                        .coefficient = coefficient};
    const Objective by_length{GroupMean{}, elsewhere::ByLength{}, TokenMean{}};
    CHECK(evaluate(serial, by_length, batch, dlogp).value == Approx(0.0));
    CHECK(dlogp == std::vector<float>{-1.0f, -1.0f, 1.0f});
    const Objective first{GroupMean{}, elsewhere::FirstToken{}, TokenMean{}};
    CHECK(evaluate(serial, first, batch, dlogp).value == Approx(0.5));
    CHECK(dlogp == std::vector<float>{-0.5f, 0.0f, 1.0f});
}
