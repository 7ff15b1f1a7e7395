// SPDX-License-Identifier: Apache-2.0
//
// The methods by name: what a configuration or `gppo loss` asks for becomes a value here. One row
// per method; a row's function reads its parameters, and the same call with nothing to read lists
// them.
#pragma once

#include "config_field.hpp"

#include <gppo/gppo.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using AnyPolicy = std::variant<gppo::PpoClip, gppo::DualClip<gppo::PpoClip>, gppo::Cispo,
                               gppo::CispoCap, gppo::Gppo, gppo::DualClip<gppo::Gppo>,
                               gppo::GppoOnlyHigh, gppo::DualClip<gppo::GppoOnlyHigh>>;
using AnyEstimator = std::variant<gppo::GroupNorm, gppo::GroupMean, gppo::Rloo>;
using AnyAggregation =
    std::variant<gppo::TokenMean, gppo::TokenSum, gppo::SequenceMeanTokenSum,
                 gppo::SequenceMeanTokenSumNorm, gppo::SequenceMeanTokenMean, gppo::PromptMean>;

/// A KL estimator chosen at run time. The switch does not depend on the token, so it leaves the
/// loop.
struct AnyKl {
    enum class Kind { none, k1, k2, k3 } kind = Kind::none;

    template <std::floating_point T>
    gppo::Term<T> operator()(T logp, T logp_ref) const noexcept {
        switch (kind) {
            case Kind::k1:
                return gppo::K1{}(logp, logp_ref);
            case Kind::k2:
                return gppo::K2{}(logp, logp_ref);
            case Kind::k3:
                return gppo::K3{}(logp, logp_ref);
            case Kind::none:
                break;
        }
        return {};
    }
};

/// Reads the parameters of one method from a JSON object and remembers which it asked for.
class Parameters {
  public:
    struct Row {
        std::string key;
        FreeTable value;  ///< the default
    };

    /// `owner` is what an error calls the method, e.g. "policy gppo".
    Parameters(std::string owner, const FreeTable& given)
        : owner_(std::move(owner)), given_(given) {
        gppo::expects(given.is_object() || given.is_null(),
                      owner_ + ": its parameters must be an object of name: value");
    }

    /// A finite number, at least `low`.
    double number(const std::string& key, double standard, double low = 0.0) {
        rows_.push_back({key, standard});
        const FreeTable* value = find(key);
        if (value == nullptr) return standard;
        gppo::expects(value->is_number(), owner_ + ": " + key + " must be a number");
        const double x = value->get<double>();
        gppo::expects(std::isfinite(x) && x >= low && std::abs(x) < 1e30, [&] {
            return owner_ + ": " + key + " is " + value->dump() + ", it must be at least " +
                   FreeTable(low).dump() + " and finite";
        });
        return x;
    }
    float real(const std::string& key, float standard, double low = 0.0) {
        // Through the shortest decimal, so that --list shows 0.2 and not 0.20000000298.
        return static_cast<float>(number(key, std::stod(short_decimal(standard)), low));
    }
    bool flag(const std::string& key, bool standard) {
        rows_.push_back({key, standard});
        const FreeTable* value = find(key);
        if (value == nullptr) return standard;
        gppo::expects(value->is_boolean(), owner_ + ": " + key + " must be true or false");
        return value->get<bool>();
    }
    /// The place of the given word among `words`; the first is the default.
    std::size_t choice(const std::string& key, const Strings& words) {
        rows_.push_back({key, words.front()});
        const FreeTable* value = find(key);
        if (value == nullptr) return 0;
        gppo::expects(value->is_string(), owner_ + ": " + key + " must be a string");
        const auto word = value->get<std::string>();
        const auto place = std::find(words.begin(), words.end(), word);
        gppo::expects(place != words.end(), [&] {
            return owner_ + ": " + key + " is '" + word + "'; did you mean '" +
                   nearest(word, words) + "'?";
        });
        return static_cast<std::size_t>(place - words.begin());
    }

    /// Throws if something was given that nobody asked for.
    void finish() const {
        if (!given_.is_object()) return;
        Strings known;
        for (const Row& row : rows_) known.push_back(row.key);
        for (const auto& [key, value] : given_.items()) {
            if (std::find(known.begin(), known.end(), key) != known.end()) continue;
            throw gppo::Error(owner_ + ": unknown parameter '" + key + "'" +
                              (known.empty() ? "; it has none"
                                             : "; did you mean '" + nearest(key, known) + "'?"));
        }
    }
    const std::vector<Row>& rows() const { return rows_; }

  private:
    static std::string short_decimal(float x) {
        char text[32];
        std::snprintf(text, sizeof text, "%.7g", static_cast<double>(x));
        return text;
    }
    const FreeTable* find(const std::string& key) const {
        if (!given_.is_object()) return nullptr;
        const auto entry = given_.find(key);
        return entry == given_.end() ? nullptr : &*entry;
    }

    std::string owner_;
    const FreeTable& given_;
    std::vector<Row> rows_;
};

template <class Any>
struct Method {
    std::string name;
    std::string help;
    std::function<Any(Parameters&)> make;
};

inline const std::vector<Method<AnyPolicy>>& policy_methods() {
    using namespace gppo;
    const auto ppo = [](Parameters& p, float high) {
        return PpoClip{.low = p.real("low", 0.2f), .high = p.real("high", high)};
    };
    const auto gppo_of = [](Parameters& p, float beta_low) {
        Gppo policy{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
        policy.beta_low = p.real("beta_low", beta_low);
        policy.beta_high = p.real("beta_high", 1.0f);
        return policy;
    };
    const auto only_high = [](Parameters& p) {
        return GppoOnlyHigh{.low = p.real("low", 0.2f), .high = p.real("high", 0.28f)};
    };
    static const std::vector<Method<AnyPolicy>> methods = {
        {"ppo", "PPO's clipped surrogate, symmetric", [=](Parameters& p) { return ppo(p, 0.2f); }},
        {"clip_higher", "DAPO: PPO with a higher upper bound",
         [=](Parameters& p) { return ppo(p, 0.28f); }},
        {"dual_clip", "PPO with a dual clip, verl's vanilla loss",
         [=](Parameters& p) {
             return DualClip{ppo(p, 0.2f), p.real("cap", 3.0f, 1.0)};
         }},
        {"cispo", "CISPO with bounds around one: verl, slime, ROLL, SkyRL, NeMo-RL",
         [](Parameters& p) {
             return Cispo{p.real("low", 0.2f), p.real("high", 0.28f)};
         }},
        {"cispo_cap", "CISPO with one absolute cap: TRL, ms-swift",
         [](Parameters& p) { return CispoCap{p.real("cap", 5.0f)}; }},
        {"gppo", "gradient-preserving clip", [=](Parameters& p) { return gppo_of(p, 1.0f); }},
        {"gppo_released", "GPPO under a dual clip, as Klear-Reasoner's code runs it",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 1.0f), p.real("cap", 10.0f, 1.0)};
         }},
        {"gppo_only_high", "GPPO above, PPO below", [=](Parameters& p) { return only_high(p); }},
        {"gppo_only_high_released", "the same under a dual clip",
         [=](Parameters& p) {
             return DualClip{only_high(p), p.real("cap", 10.0f, 1.0)};
         }},
        {"ce_gppo", "CE-GPPO: GPPO with scaled boundary gradients, under a dual clip",
         [=](Parameters& p) {
             return DualClip{gppo_of(p, 0.5f), p.real("cap", 10.0f, 1.0)};
         }},
    };
    return methods;
}

inline const std::vector<Method<AnyEstimator>>& advantage_methods() {
    using namespace gppo;
    const auto rule = [](Parameters& p) {
        return p.choice("singleton", {"zero", "raw"}) == 0 ? Singleton::zero : Singleton::raw;
    };
    static const std::vector<Method<AnyEstimator>> methods = {
        {"grpo", "(r - mean) / (std + eps) in the group",
         [=](Parameters& p) {
             const double ddof = p.number("ddof", 1.0);
             gppo::expects(ddof == 0.0 || ddof == 1.0, "advantage grpo: ddof must be 0 or 1");
             GroupNorm estimate{.ddof = static_cast<int>(ddof), .eps = p.real("eps", 1e-6f)};
             estimate.singleton = rule(p);
             return estimate;
         }},
        {"dr_grpo", "r - mean", [=](Parameters& p) { return GroupMean{.singleton = rule(p)}; }},
        {"rloo", "r - mean of the others",
         [=](Parameters& p) { return Rloo{.singleton = rule(p)}; }},
    };
    return methods;
}

inline const std::vector<Method<AnyAggregation>>& aggregation_methods() {
    using namespace gppo;
    static const std::vector<Method<AnyAggregation>> methods = {
        {"token_mean", "mean over all tokens of the optimizer step",
         [](Parameters&) { return TokenMean{}; }},
        {"token_sum", "sum over all tokens", [](Parameters&) { return TokenSum{}; }},
        {"seq_mean_token_sum", "mean over sequences of the sum over tokens",
         [](Parameters&) { return SequenceMeanTokenSum{}; }},
        {"seq_mean_token_sum_norm",
         "the same over a constant length (horizon 0: the longest sequence)",
         [](Parameters& p) {
             return SequenceMeanTokenSumNorm{p.number("horizon", 0.0), p.flag("batch_mean", true)};
         }},
        {"seq_mean_token_mean", "mean over sequences of the mean over tokens",
         [](Parameters&) { return SequenceMeanTokenMean{}; }},
        {"prompt_mean", "mean over prompts of the mean over their completions' tokens",
         [](Parameters&) { return PromptMean{}; }},
    };
    return methods;
}

inline const std::vector<Method<AnyKl>>& kl_methods() {
    static const std::vector<Method<AnyKl>> methods = {
        {"none", "no reference policy", [](Parameters&) { return AnyKl{AnyKl::Kind::none}; }},
        {"k1", "x = logp - logp_ref", [](Parameters&) { return AnyKl{AnyKl::Kind::k1}; }},
        {"k2", "x^2 / 2", [](Parameters&) { return AnyKl{AnyKl::Kind::k2}; }},
        {"k3", "e^-x + x - 1", [](Parameters&) { return AnyKl{AnyKl::Kind::k3}; }},
    };
    return methods;
}

/// The method called `name`; `kind` is what an error calls the family, e.g. "policy".
template <class Any>
Any make_method(const std::string& kind, const std::vector<Method<Any>>& methods,
                const std::string& name, const FreeTable& parameters) {
    Strings names;
    for (const Method<Any>& method : methods) {
        names.push_back(method.name);
        if (method.name != name) continue;
        Parameters reader(kind + " " + name, parameters);
        Any made = method.make(reader);
        reader.finish();
        return made;
    }
    throw gppo::Error("unknown " + kind + " '" + name + "'; did you mean '" + nearest(name, names) +
                      "'?");
}

inline AnyPolicy make_policy(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("policy", policy_methods(), name, parameters);
}
inline AnyEstimator make_estimator(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("advantage", advantage_methods(), name, parameters);
}
inline AnyAggregation make_aggregation(const std::string& name, const FreeTable& parameters = {}) {
    return make_method("aggregation", aggregation_methods(), name, parameters);
}
inline AnyKl make_kl(const std::string& name) {
    return make_method("kl", kl_methods(), name, FreeTable::object());
}

/// gppo::Objective with its parts chosen at run time. The functions below mirror the library's.
struct AnyObjective {
    AnyEstimator estimate = gppo::GroupNorm{};
    AnyPolicy clip = gppo::Gppo{};
    AnyAggregation aggregate = gppo::TokenMean{};
    AnyKl kl{};
    float kl_coefficient = 0.0f;
    gppo::EntropyBonus entropy{};
    gppo::Positives positives{};

    /// rewards (B), group (B) -> advantage (B)
    void advantages(gppo::View<const float> rewards, gppo::View<const gppo::Index> group,
                    gppo::View<float> advantage) const {
        std::visit([&](const auto& e) { gppo::advantages(e, rewards, group, advantage); },
                   estimate);
    }
    /// Fills batch.coefficient (and positive_coefficient): `batch` is a whole optimizer step.
    void coefficients(const gppo::Batch<>& batch) const {
        std::visit([&](const auto& a) { gppo::coefficients(a, batch); }, aggregate);
    }
    template <gppo::Execution X>
    gppo::Loss evaluate(const X& execution, const gppo::Batch<>& batch, gppo::View<float> dlogp,
                        gppo::View<float> dentropy, gppo::Diagnostics& diagnostics) const {
        return std::visit(
            [&](const auto& policy) {
                const gppo::Objective objective{gppo::GroupNorm{}, policy,
                                                gppo::TokenMean{}, gppo::KlTerm{kl, kl_coefficient},
                                                entropy,           positives};
                return gppo::evaluate(execution, objective, batch, dlogp, dentropy, diagnostics);
            },
            clip);
    }
};
