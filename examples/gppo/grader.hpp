// SPDX-License-Identifier: Apache-2.0
//
// From completions to rewards: the verifier that a row asks for finds out what is right, and the
// parts of [reward] make a number of it. Everything is kept by channel, and every verdict is
// counted.
#pragma once

#include "rewards.hpp"
#include "task.hpp"

#include <gppo/reward/score.hpp>
#include <gppo/rollout/request.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// One completion and how it was judged. Points into whoever made it.
struct Judged {
    const Example* example = nullptr;
    gppo::Completion completion;
    std::string text;
    gppo::Score score{};
    std::string_view verdict{};  // of the verifier, in its own words
    std::string reason{};        // why, for a person
    std::vector<float> parts{};  // what each part of the reward added
    float model_score = 0;       // of the reward model, where there is one
    std::string final_turn{};    // text of the last turn, where tools had a part in it

    /// What the verifier reads: what a tool said is no answer of the model's.
    const std::string& answer() const { return completion.tools.turns > 1 ? final_turn : text; }
};

/// What a verifier found out about one completion.
struct Finding {
    std::string_view verdict;
    std::string reason;
    float passed = 0;  // share of tests; 1 or 0 for an answer
    bool right = false;
    bool has_answer = true;  // there was something to verify
    bool unparsable = false, infra = false;
};

/// Judges completions as a configuration says.
class Grader {
  public:
    /// Throws Error for parts that do not exist or contradict each other.
    explicit Grader(const RewardConfig& config, const SandboxConfig& sandbox = {});

    /// Fills score, verdict and parts of `judged`, `group` completions of one prompt after the
    /// other, of at most `limit` tokens. `step` chooses the tests of programs that have too many.
    void operator()(std::span<Judged> judged, Index group, Index limit,
                    std::uint64_t step = 0) const;

    /// Scores of completions, one each, by a reward model.
    using ScoreAll = std::function<std::vector<float>(std::span<const Judged>)>;
    void use_model(ScoreAll scores) { scores_ = std::move(scores); }
    bool has_model() const { return static_cast<bool>(scores_); }
    /// reward.parts has the part "model".
    bool needs_model() const;

    /// The parts of the reward, in order: "0_plus_minus_one", for metrics and samples.
    const Strings& part_names() const { return part_names_; }

    const AnyReward& reward() const { return reward_; }

  private:
    struct Code;  // the sandbox's judge, made when a program is first to be judged

    std::vector<Finding> verify(std::span<const Judged> judged, std::uint64_t step) const;
    void verify_code(std::span<const Judged> judged, std::uint64_t step,
                     std::vector<Finding>& findings) const;
    void grade(Judged& judged, Finding finding, gppo::Response response) const;

    bool needs_thinking_;
    AnyReward reward_;
    Strings part_names_;
    SandboxConfig sandbox_;
    ScoreAll scores_;
    mutable std::shared_ptr<const Code> code_;
};

/// How often each verdict was given: "equal", "different", … of the verifiers that were asked.
/// Every verdict such a verifier has is there, if only with 0: a false zero shows as a number that
/// moved.
std::vector<std::pair<std::string, Index>> count_verdicts(std::span<const Judged> judged);
