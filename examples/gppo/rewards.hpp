// SPDX-License-Identifier: Apache-2.0
//
// The parts of a reward by name, and a reward composed of them at run time: what [reward] says.
#pragma once

#include "config.hpp"
#include "parameters.hpp"

#include <gppo/reward/combine.hpp>
#include <gppo/reward/correctness.hpp>
#include <gppo/reward/format.hpp>
#include <gppo/reward/length.hpp>
#include <gppo/reward/model_score.hpp>
#include <gppo/reward/overlong.hpp>
#include <gppo/reward/repetition.hpp>
#include <gppo/reward/shaped.hpp>
#include <gppo/reward/truncation.hpp>
#include <gppo/reward/turns.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

using gppo::Index;

using AnyPart =
    std::variant<gppo::Correctness, gppo::TestsPassed, gppo::FormatReward, gppo::FormatPenalty,
                 gppo::ThinkPenalty, gppo::Overlong, gppo::Truncation, gppo::Repetition,
                 gppo::RepeatedTokens, gppo::CosineLength, gppo::CosineOpenR1, gppo::KimiLength,
                 gppo::TurnReward, gppo::ToolFormat, gppo::ModelScore, gppo::Clamp>;

/// A part and its weight. Only terms have a weight: what replaces a reward has no share of it.
struct WeightedPart {
    std::string name;
    AnyPart part;
    float weight = 1.0f;

    /// The reward after this part.
    float operator()(float reward, const gppo::Response& response) const {
        return std::visit(
            [&](const auto& p) {
                if constexpr (gppo::RewardTerm<std::decay_t<decltype(p)>>)
                    return gppo::shape(gppo::Weighted{p, weight}, reward, response);
                else
                    return gppo::shape(p, reward, response);
            },
            part);
    }
    bool adds() const {
        return std::visit([](const auto& p) { return gppo::RewardTerm<std::decay_t<decltype(p)>>; },
                          part);
    }
};

/// gppo::Shaped with its parts chosen at run time.
struct AnyReward {
    std::vector<WeightedPart> parts;

    /// What each part added, in order, and their sum: the reward.
    std::vector<float> contributions(const gppo::Response& response) const {
        std::vector<float> each;
        float reward = 0.0f;
        for (const WeightedPart& part : parts) {
            const float after = response.infra ? 0.0f : part(reward, response);
            each.push_back(after - reward);
            reward = after;
        }
        each.push_back(reward);
        return each;
    }
};

/// A reward may be negative, so its numbers have no lower bound.
inline float any_real(Parameters& p, const std::string& key, float standard) {
    return p.real(key, standard, -1e30);
}
inline Index whole(Parameters& p, const std::string& key, Index standard) {
    const double value = p.number(key, static_cast<double>(standard));
    gppo::expects(value == std::floor(value) && value < 1e15,
                  [&] { return "reward: " + key + " must be a whole number"; });
    return static_cast<Index>(value);
}

/// Parts that are made from what the verifier found.
inline std::vector<Method<AnyPart>> answer_parts() {
    using namespace gppo;
    return {
        {"correctness", "`right` or `wrong`",
         [](Parameters& p) {
             const float right = any_real(p, "right", 1.0f);
             return Correctness{right, any_real(p, "wrong", 0.0f)};
         }},
        {"zero_one", "1 right, 0 wrong", [](Parameters&) { return zero_one; }},
        {"plus_minus_one", "1 right, -1 wrong: Klear's maths, DAPO",
         [](Parameters&) { return plus_minus_one; }},
        {"code_hard", "1 if every test passes, else 0: DeepCoder",
         [](Parameters&) { return code_hard; }},
        {"tests_passed", "linear in the share of tests passed, from `none` to `all`",
         [](Parameters& p) {
             const float all = any_real(p, "all", 1.0f);
             return TestsPassed{all, any_real(p, "none", 0.0f)};
         }},
        {"model", "`scale` times the score of a reward model, `shift` added first: AceCoder",
         [](Parameters& p) {
             const float scale = any_real(p, "scale", 1.0f);
             return ModelScore{scale, any_real(p, "shift", 0.0f)};
         }},
        {"code_soft_paper", "the share of tests passed: Klear's paper",
         [](Parameters&) { return code_soft_paper; }},
        {"code_soft_released", "the mean of 1 and -1 over the tests: Klear's released code",
         [](Parameters&) { return code_soft_released; }},
    };
}

/// Parts that are made from how the response is written.
inline std::vector<Method<AnyPart>> form_parts() {
    using namespace gppo;
    return {
        {"format", "`good` or `bad` by the form",
         [](Parameters& p) {
             const float good = any_real(p, "good", 1.0f);
             return FormatReward{good, any_real(p, "bad", 0.0f)};
         }},
        {"format_penalty", "`penalty` where the form is not the asked one",
         [](Parameters& p) { return FormatPenalty{any_real(p, "penalty", -0.5f)}; }},
        {"think_penalty", "Klear: a missing tag replaces the reward",
         [](Parameters& p) {
             const float close = any_real(p, "missing_close", -0.5f);
             return ThinkPenalty{close, any_real(p, "missing_open", -2.0f)};
         }},
        {"repetition", "open-r1: `penalty` times the share of n-grams that are not new",
         [](Parameters& p) {
             const Index n = whole(p, "n", 3);
             return Repetition{n, any_real(p, "penalty", -1.0f)};
         }},
        {"repeated_tokens", "Yeo et al.: `penalty` for each token of a repeated n-gram",
         [](Parameters& p) {
             const Index n = whole(p, "n", 40);
             return RepeatedTokens{n, any_real(p, "penalty", -0.05f)};
         }},
        {"tool_format", "ToolRL: can every tool call be read",
         [](Parameters& p) {
             const float good = any_real(p, "good", 1.0f), bad = any_real(p, "bad", 0.0f);
             return ToolFormat{good, bad, any_real(p, "none", 0.0f)};
         }},
        {"turns", "R1-Code-Interpreter: well-formed turns, and not too many",
         [](Parameters& p) {
             TurnReward t;
             t.well_formed = any_real(p, "well_formed", t.well_formed);
             t.malformed = any_real(p, "malformed", t.malformed);
             t.too_many = any_real(p, "too_many", t.too_many);
             t.most = whole(p, "most", t.most);
             t.each = p.flag("each", t.each);
             return t;
         }},
    };
}

/// Parts that are made from the length, and what comes last. `longest` 0: rl.max_new_tokens.
inline std::vector<Method<AnyPart>> length_parts() {
    using namespace gppo;
    const auto ends = [](Parameters& p, auto t) {
        t.right_start = any_real(p, "right_start", t.right_start);
        t.right_end = any_real(p, "right_end", t.right_end);
        t.wrong_start = any_real(p, "wrong_start", t.wrong_start);
        t.wrong_end = any_real(p, "wrong_end", t.wrong_end);
        t.longest = whole(p, "longest", t.longest);
        return t;
    };
    return {
        {"overlong", "DAPO: falls to -factor over the last `buffer` tokens before `longest`",
         [](Parameters& p) {
             const Index longest = whole(p, "longest", 0), buffer = whole(p, "buffer", 4096);
             return Overlong{longest, buffer, p.real("factor", 1.0f)};
         }},
        {"truncation", "`reward` replaces what a cut-off completion has: Skywork-OR1",
         [](Parameters& p) {
             return Truncation{.penalise = true, .reward = any_real(p, "reward", -1.0f)};
         }},
        {"cosine", "Yeo et al.: a cosine of the length, by right and wrong",
         [ends](Parameters& p) {
             CosineLength t = ends(p, CosineLength{});
             t.exceeded = any_real(p, "exceeded", t.exceeded);
             return t;
         }},
        {"cosine_open_r1", "open-r1's ends of the cosine",
         [ends](Parameters& p) { return ends(p, CosineOpenR1{}); }},
        {"kimi_length", "Kimi k1.5: shorter than the rest of the group",
         [](Parameters&) { return KimiLength{}; }},
        {"clamp", "holds the reward so far in [low, high]",
         [](Parameters& p) {
             const float low = any_real(p, "low", -1.0f), high = any_real(p, "high", 1.0f);
             gppo::expects(low <= high, "reward: clamp needs low <= high");
             return Clamp{low, high};
         }},
    };
}

inline const std::vector<Method<AnyPart>>& reward_methods() {
    static const std::vector<Method<AnyPart>> methods = [] {
        auto all = answer_parts();
        for (auto& method : form_parts()) all.push_back(std::move(method));
        for (auto& method : length_parts()) all.push_back(std::move(method));
        return all;
    }();
    return methods;
}

/// One entry of reward.parts: its name, for a term its weight, and its parameters.
WeightedPart make_part(const FreeTable& entry);

/// What [reward] says. Throws Error if the keys contradict each other.
AnyReward make_reward(const RewardConfig& config);
