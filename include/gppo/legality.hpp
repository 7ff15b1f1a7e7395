// SPDX-License-Identifier: Apache-2.0
//
// What does not go together, and why: one table. Objective refuses such a combination when it is
// compiled (the compiler prints the sentence as the argument of IllegalCombination),
// expects_legal() when it comes from a configuration.
#pragma once

#include <gppo/aggregate/sequence.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/traits.hpp>
#include <gppo/correction/none.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

/// What the rules look at.
struct Combination {
    Traits policy{};
    bool averages_sequences = false;  ///< the aggregation is SequenceMeanTokenMean
    bool corrects = false;            ///< the objective has a rollout correction
};

struct Rule {
    bool (*broken)(const Combination&) noexcept;
    std::string_view sentence;
};

inline constexpr std::array rules{
    Rule{[](const Combination& c) noexcept {
             return c.policy.sequence_mean && !c.averages_sequences;
         },
         "GMPO is a geometric mean over its sequence already and every other aggregation would "
         "weigh sequences by length: use SequenceMeanTokenMean (seq_mean_token_mean)"},
    Rule{[](const Combination& c) noexcept {
             return c.policy.times_length && !c.averages_sequences;
         },
         "LUSPO multiplies by the length itself: use SequenceMeanTokenMean (seq_mean_token_mean), "
         "or GSPO with SequenceMeanTokenSum (seq_mean_token_sum), which is the same loss"},
    Rule{
        [](const Combination& c) noexcept { return c.policy.from_rollout && c.corrects; },
        "the policy's ratio is against the rollout engine already, a rollout correction (TIS, MIS, "
        "IcePop, decoupled PPO) would count the mismatch twice: leave one of them out"},
    Rule{[](const Combination& c) noexcept { return c.policy.own_correction && c.corrects; },
         "VESPO bounds off-policy sequences by its own weight, a rollout correction would bound "
         "them twice: leave the correction out"},
};

/// The first rule this breaks, or rules.size().
constexpr std::size_t first_broken(const Combination& combination) noexcept {
    std::size_t i = 0;
    while (i < rules.size() && !rules[i].broken(combination)) ++i;
    return i;
}

/// For choices made at run time.
inline void expects_legal(const Combination& combination) {
    const std::size_t rule = first_broken(combination);
    if (rule < rules.size()) throw Error(std::string(rules[rule].sentence));
}

/// A correction that may turn out to be none at run time, where the table is asked again.
template <class R>
concept ChosenAtRunTime = requires { requires R::chosen_at_run_time; };

template <class C, class A, class R>
constexpr Combination combination_of() noexcept {
    return {.policy = traits_of<C>(),
            .averages_sequences = std::same_as<A, SequenceMeanTokenMean>,
            .corrects = !std::same_as<R, NoCorrection> && !ChosenAtRunTime<R>};
}

/// A rule's words as a template argument, where a compiler prints them.
template <std::size_t n>
struct Sentence {
    char text[n]{};
};
template <std::size_t rule>
constexpr auto sentence_of() noexcept {
    Sentence<rules[rule].sentence.size() + 1> sentence;
    for (std::size_t i = 0; i < rules[rule].sentence.size(); ++i)
        sentence.text[i] = rules[rule].sentence[i];
    return sentence;
}
template <Sentence sentence>
struct IllegalCombination {
    static constexpr bool is_illegal = sizeof(sentence) > 0;
    static_assert(!is_illegal,
                  "this policy, aggregation and correction do not go together; the "
                  "reason is the argument of IllegalCombination");
};

/// Does not compile if the three break a rule.
template <class C, class A, class R>
consteval bool go_together() {
    constexpr std::size_t rule = first_broken(combination_of<C, A, R>());
    if constexpr (rule < rules.size()) return !IllegalCombination<sentence_of<rule>()>::is_illegal;
    return true;
}

}  // namespace gppo
