// SPDX-License-Identifier: Apache-2.0
//
// How often a model solved a row, as rows carry it: a rate, a list of rewards or verdicts, or two
// counts. From it, the potential by which R1-Code-Interpreter (2505.21668) orders its stages: rows
// that are sometimes right teach most. The paper says that it peaks where about half are right; its
// formula is not among our facts, so ours is the variance of a try, 4 p (1 - p), which gives the
// same order as any other function of |p - 1/2|.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

namespace gppo {

/// Tries and how many were right; tries = 0 where only a rate is known.
struct PassCount {
    Index right = 0, tries = 0;
    double rate = 0;
};

/// From a number in [0, 1]; a list of numbers (right above 0.5), booleans or verdicts ("pass" and
/// "equal" are right); or {"passed": c, "total": n}. Throws Error for anything else.
inline PassCount pass_count(const nlohmann::json& value) {
    PassCount count;
    if (value.is_number()) {
        count.rate = value.get<double>();
        expects(count.rate >= 0 && count.rate <= 1,
                [&] { return "a pass rate of " + value.dump() + " is not between 0 and 1"; });
        return count;
    }
    if (value.is_object() && value.contains("passed") && value.contains("total") &&
        value["passed"].is_number_integer() && value["total"].is_number_integer()) {
        count.right = value["passed"].get<Index>();
        count.tries = value["total"].get<Index>();
    } else {
        expects(value.is_array(),
                "a pass rate is a number, a list of rewards, or passed and total");
        for (const nlohmann::json& one : value) {
            expects(one.is_boolean() || one.is_number() || one.is_string(),
                    "a list of rewards has something else in it");
            count.right += one.is_boolean()  ? one.get<bool>()
                           : one.is_number() ? one.get<double>() > 0.5
                                             : one == "pass" || one == "equal";
            ++count.tries;
        }
    }
    expects(count.tries > 0 && count.right >= 0 && count.right <= count.tries,
            [&] { return "no pass rate in " + value.dump().substr(0, 80); });
    count.rate = static_cast<double>(count.right) / static_cast<double>(count.tries);
    return count;
}

/// 1 where half of the tries are right, 0 where all or none are.
constexpr double improvement_potential(double pass_rate) noexcept {
    return 4 * pass_rate * (1 - pass_rate);
}

}  // namespace gppo
