// SPDX-License-Identifier: Apache-2.0
//
// The pairs that a reward model learns from: rows of files, or completions of the policy whose pass
// rates are far apart.
#pragma once

#include "run.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Token ids: text is only for a reader.
struct PreferencePair {
    std::vector<std::int32_t> prompt, chosen, rejected;
    bool held_out = false;
    std::string prompt_text{}, chosen_text{}, rejected_text{};
};

/// Those of reward_model.pairs or else sampled from the policy of `run`; kept in
/// run.dir/pairs.jsonl so that a resumed run has the same ones.
std::vector<PreferencePair> preference_data(Run& run);
