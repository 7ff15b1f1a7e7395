// SPDX-License-Identifier: Apache-2.0
//
// An objective from JSON: the keys of `gppo loss` and of the torch operator that name its methods.
#pragma once

#include "any_objective.hpp"

#include <cmath>
#include <limits>
#include <string>

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
