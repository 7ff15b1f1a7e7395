// SPDX-License-Identifier: Apache-2.0
//
// Which verifier a row's data_source asks for: the names that verl and its recipes use.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/data/record.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace gppo {

/// maths: the answer in the box. code: the program's tests.
enum class Verifier { maths, code };

/// One entry of the table. A name ending in * also matches longer names, as Klear's validation sets
/// ("math_longcot_math_verify_aime2024") need.
struct SourceRule {
    std::string_view name;
    Verifier verifier;
};

inline constexpr std::array<SourceRule, 29> source_rules{
    {{"arithmetic", Verifier::maths},
     {"programs", Verifier::code},
     {"openai/gsm8k", Verifier::maths},
     {"gsm8k", Verifier::maths},
     {"lighteval/MATH", Verifier::maths},
     {"DigitalLearningGmbH/MATH-lighteval", Verifier::maths},
     {"HuggingFaceH4/MATH-500", Verifier::maths},
     {"HuggingFaceH4/aime_2024", Verifier::maths},
     {"math", Verifier::maths},
     {"math_dapo", Verifier::maths},
     {"math_dapo_reasoning", Verifier::maths},
     {"math_longcot_math_verify*", Verifier::maths},
     {"aime*", Verifier::maths},
     {"hmmt*", Verifier::maths},
     {"amc*", Verifier::maths},
     {"minerva*", Verifier::maths},
     {"numina_aops_forum", Verifier::maths},
     {"numina_synthetic_math", Verifier::maths},
     {"numina_amc_aime", Verifier::maths},
     {"numina_synthetic_amc", Verifier::maths},
     {"numina_cn_k12", Verifier::maths},
     {"numina_olympiads", Verifier::maths},
     {"codecontests", Verifier::code},
     {"apps", Verifier::code},
     {"codeforces", Verifier::code},
     {"taco", Verifier::code},
     {"acecoder", Verifier::code},
     {"coder1", Verifier::code},
     {"coder1_longcot*", Verifier::code}}};

/// The verifier of a record. A record without data_source is judged as maths. Throws Error naming
/// the row if the source is not in the table.
inline Verifier verifier_of(const Record& record) {
    if (record.data_source.empty()) return Verifier::maths;
    for (const SourceRule& rule : source_rules) {
        const bool open = rule.name.ends_with('*');
        const std::string_view name = rule.name.substr(0, rule.name.size() - (open ? 1 : 0));
        if (record.data_source == name || (open && record.data_source.starts_with(name)))
            return rule.verifier;
    }
    throw Error("row " + std::to_string(record.row) + ": no verifier for data_source \"" +
                record.data_source +
                "\"; use a known one (e.g. openai/gsm8k, math_dapo) or leave it out");
}

}  // namespace gppo
