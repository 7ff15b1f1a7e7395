// SPDX-License-Identifier: Apache-2.0
//
// One-off pipelining (DeepCoder): while step k trains, a thread samples the rollout of step k + 1
// from a copy of the weights made before. The policy that sampled is exactly one step old, and its
// log-probs are those of the loss. The rollout that waits is part of the checkpoint.
#pragma once

#include "rl_step.hpp"

#include <exception>
#include <string>
#include <thread>

/// The rollout of the next step, in the making. Until wait() returns the caller leaves alone what
/// sampling uses: the feed, the position, the grader.
class Ahead {
  public:
    explicit Ahead(Run& run);
    Rollout wait();

  private:
    Rollout rollout_;
    std::exception_ptr error_;
    std::jthread thread_;  // last: it ends before what it writes to
};

/// The rollout that waits, or a new one from the policy as it is.
Rollout next_rollout(Run& run);

/// As a checkpoint keeps it: prompts by their place, completions as ids and log-probs. They are
/// judged again when read.
std::string bytes_of(const Rollout& rollout);
Rollout rollout_from_bytes(Run& run, const std::string& bytes);
