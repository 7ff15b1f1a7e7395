// SPDX-License-Identifier: Apache-2.0
//
// The rollout corrections by name: a weight, and a mask that goes with it.
#pragma once

#include "parameters.hpp"

#include <gppo/gppo.hpp>

#include <string>
#include <variant>
#include <vector>

/// What a correction by name is. Monostate: none.
using CorrectionRule =
    std::variant<std::monostate, gppo::TokenTis, gppo::SequenceTis, gppo::TokenMask,
                 gppo::SequenceMask, gppo::GeometricMask, gppo::IcePop, gppo::Decoupled>;

/// The factor of one sequence's tokens. The switches do not depend on the token, so they leave the
/// loop.
struct AnyTokenCorrection {
    enum class Kind { none, tis, mask, icepop, decoupled };
    struct Factor {
        Kind kind = Kind::none;
        float low = 0, high = 0;

        float operator()(float logp_old, float logp_rollout) const noexcept {
            switch (kind) {
                case Kind::tis:
                    return gppo::TokenTis{high, low}(logp_old, logp_rollout);
                case Kind::mask:
                    return gppo::TokenMask{low, high}(logp_old, logp_rollout);
                case Kind::icepop:
                    return gppo::IcePop{low, high}(logp_old, logp_rollout);
                case Kind::decoupled:
                    return gppo::Decoupled{high}(logp_old, logp_rollout);
                case Kind::none:
                    break;
            }
            return 1.0f;
        }
    };
    Factor weight{}, mask{};
    float factor = 1.0f;  ///< of the whole sequence

    float operator()(float logp_old, float logp_rollout) const noexcept {
        return factor * weight(logp_old, logp_rollout) * mask(logp_old, logp_rollout);
    }
};

/// The token's part of a rule, if it has one.
inline AnyTokenCorrection::Factor token_part(const CorrectionRule& rule) {
    using Kind = AnyTokenCorrection::Kind;
    if (const auto* r = std::get_if<gppo::TokenTis>(&rule)) return {Kind::tis, r->lowest, r->cap};
    if (const auto* r = std::get_if<gppo::TokenMask>(&rule))
        return {Kind::mask, r->lowest, r->highest};
    if (const auto* r = std::get_if<gppo::IcePop>(&rule))
        return {Kind::icepop, r->lowest, r->highest};
    if (const auto* r = std::get_if<gppo::Decoupled>(&rule)) return {Kind::decoupled, 0, r->cap};
    return {};
}

struct BoundAnyCorrection {
    static constexpr bool chosen_at_run_time = true;

    AnyTokenCorrection token{};
    std::vector<float> factor;  // (B), or empty
    bool rollout = false;

    AnyTokenCorrection at(gppo::Index b) const noexcept {
        AnyTokenCorrection of_sequence = token;
        if (!factor.empty()) of_sequence.factor *= factor[static_cast<std::size_t>(b)];
        return of_sequence;
    }
    constexpr bool needs_rollout() const noexcept { return rollout; }
};

/// A correction chosen at run time: weight x mask, over their mean if `batch_normal`.
struct AnyCorrection {
    static constexpr bool chosen_at_run_time = true;  ///< AnyObjective asks the table

    CorrectionRule weight{}, mask{};
    bool batch_normal = false;

    bool needs_rollout() const noexcept { return weight.index() != 0 || mask.index() != 0; }

    /// No rule looks at a sequence or the batch.
    bool looks_at_tokens() const {
        const auto by_token = []<class R>(const R&) { return !gppo::TwoPhaseCorrection<R, float>; };
        return std::visit(by_token, weight) && std::visit(by_token, mask) &&
               !(batch_normal && needs_rollout());
    }

    template <class X>
    BoundAnyCorrection bind(const X& execution, const gppo::Batch<>& batch) const {
        BoundAnyCorrection bound{{token_part(weight), token_part(mask)}, {}, needs_rollout()};
        for (const CorrectionRule* rule : {&weight, &mask})
            std::visit(
                [&](const auto& r) {
                    if constexpr (requires { r.bind(execution, batch); }) {
                        const auto factors = r.bind(execution, batch).factor;
                        if (bound.factor.empty()) bound.factor.assign(factors.size(), 1.0f);
                        for (std::size_t b = 0; b < factors.size(); ++b)
                            bound.factor[b] *= factors[b];
                    }
                },
                *rule);
        if (batch_normal && needs_rollout()) {
            const auto normal = gppo::BatchNormal{Plain{bound}}.bind(execution, batch);
            bound.token.factor = normal.scale;
        }
        return bound;
    }

  private:
    /// A bound correction that BatchNormal may look at.
    struct Plain {
        const BoundAnyCorrection& bound;
        AnyTokenCorrection at(gppo::Index b) const noexcept { return bound.at(b); }
    };
};

inline const std::vector<Method<CorrectionRule>>& correction_methods() {
    using namespace gppo;
    static const std::vector<Method<CorrectionRule>> methods = {
        {"none", "the log-probs of the old policy are those it sampled with",
         [](Parameters&) { return std::monostate{}; }},
        {"tis_token", "truncated importance sampling, per token",
         [](Parameters& p) {
             const float cap = p.real("cap", 2.0f);
             return TokenTis{cap, p.real("lowest", 0.0f)};
         }},
        {"tis_sequence", "the same of the product over a sequence",
         [](Parameters& p) {
             const float cap = p.real("cap", 5.0f);
             return SequenceTis{cap, p.real("lowest", 0.0f)};
         }},
        {"mis_token", "drops tokens out of bounds",
         [](Parameters& p) {
             const float lowest = p.real("lowest", 0.5f);
             return TokenMask{lowest, p.real("highest", 2.0f)};
         }},
        {"mis_sequence", "drops sequences whose product is out of bounds",
         [](Parameters& p) {
             const float lowest = p.real("lowest", 0.5f);
             return SequenceMask{lowest, p.real("highest", 2.0f)};
         }},
        {"mis_geometric", "drops sequences whose geometric mean is out of bounds",
         [](Parameters& p) {
             const float lowest = p.real("lowest", 0.99f);
             return GeometricMask{lowest, p.real("highest", 1.01f)};
         }},
        {"icepop", "the weight inside a window, nothing outside",
         [](Parameters& p) {
             const float lowest = p.real("lowest", 0.5f);
             return IcePop{lowest, p.real("highest", 5.0f)};
         }},
        {"decoupled", "proximal over behaviour policy; cap 0: without bound, else drops above it",
         [](Parameters& p) {
             const float cap = p.real("cap", 0.0f);
             return cap > 0.0f ? Decoupled{cap} : Decoupled{};
         }},
    };
    return methods;
}

inline CorrectionRule make_correction(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("correction", correction_methods(), name, parameters);
}
