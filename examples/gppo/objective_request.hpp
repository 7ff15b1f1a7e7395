// SPDX-License-Identifier: Apache-2.0
//
// An objective from JSON: the keys of `gppo loss` and of the torch operator that name its methods.
#pragma once

#include "any_objective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

/// Keys and what they hold.
using KeyHelp = std::vector<std::pair<std::string, std::string>>;

/// The keys that make an objective.
inline const KeyHelp objective_key_help = {
    {"preset", "name, see --list; the keys below override what it says"},
    {"policy", "name, see --list"},
    {"policy_params", "object"},
    {"advantage_estimator", "name, see --list"},
    {"advantage_params", "object"},
    {"aggregation", "name, see --list"},
    {"aggregation_params", "object"},
    {"correction", "name, see --list"},
    {"correction_params", "object"},
    {"correction_mask", "name of a second correction, multiplied with the first"},
    {"correction_mask_params", "object"},
    {"correction_batch_normal", "true: divide the factors by their mean"},
    {"kl", "name, see --list"},
    {"kl_params", "object"},
    {"kl_coef", "number"},
    {"entropy_coef", "number"},
    {"positive_coef", "number"},
};

/// Throws for a key that is not among the known ones; `where` comes before it.
inline void expects_known_keys(const FreeTable& request, const KeyHelp& known,
                               const std::string& where) {
    Strings names;
    for (const auto& [key, help] : known) names.push_back(key);
    for (const auto& entry : request.items())
        gppo::expects(std::find(names.begin(), names.end(), entry.key()) != names.end(), [&] {
            return where + "unknown key '" + entry.key() + "'; did you mean '" +
                   nearest(entry.key(), names) + "'?";
        });
}

/// One number; "nan", "inf" and "-inf" stand for what JSON cannot write.
inline float real_of(const FreeTable& x, const std::string& where) {
    if (x.is_number()) return static_cast<float>(x.get<double>());
    if (x == "nan") return std::numeric_limits<float>::quiet_NaN();
    if (x == "inf") return std::numeric_limits<float>::infinity();
    if (x == "-inf") return -std::numeric_limits<float>::infinity();
    throw gppo::Error(where + " is not a number (\"nan\", \"inf\" and \"-inf\" are)");
}

/// The word, finite number (0) or object (empty) under `key`, or else the one in parentheses.
inline std::string text_under(const FreeTable& request, const std::string& key,
                              const std::string& standard) {
    const auto entry = request.find(key);
    if (entry == request.end()) return standard;
    gppo::expects(entry->is_string(), key + " must be a string");
    return entry->get<std::string>();
}
inline float coefficient_under(const FreeTable& request, const std::string& key) {
    const auto entry = request.find(key);
    if (entry == request.end()) return 0.0f;
    const float x = real_of(*entry, key);
    gppo::expects(std::isfinite(x), key + " must be finite");
    return x;
}
inline FreeTable object_under(const FreeTable& request, const std::string& key) {
    const auto entry = request.find(key);
    return entry == request.end() ? FreeTable::object() : *entry;
}

inline AnyCorrection read_correction(const FreeTable& request) {
    const auto normal = request.find("correction_batch_normal");
    gppo::expects(normal == request.end() || normal->is_boolean(),
                  "correction_batch_normal must be true or false");
    return {make_correction(text_under(request, "correction", "none"),
                            object_under(request, "correction_params")),
            make_correction(text_under(request, "correction_mask", "none"),
                            object_under(request, "correction_mask_params")),
            normal != request.end() && normal->get<bool>()};
}

inline AnyObjective read_objective(const FreeTable& request) {
    AnyObjective objective;
    objective.clip =
        make_policy(text_under(request, "policy", "gppo"), object_under(request, "policy_params"));
    objective.estimate = make_estimator(text_under(request, "advantage_estimator", "grpo"),
                                        object_under(request, "advantage_params"));
    objective.aggregate = make_aggregation(text_under(request, "aggregation", "token_mean"),
                                           object_under(request, "aggregation_params"));
    objective.kl = make_kl(text_under(request, "kl", "none"), object_under(request, "kl_params"));
    objective.kl_coefficient = coefficient_under(request, "kl_coef");
    objective.correction = read_correction(request);
    objective.entropy.coefficient = coefficient_under(request, "entropy_coef");
    objective.positives.coefficient = coefficient_under(request, "positive_coef");
    return objective;
}
