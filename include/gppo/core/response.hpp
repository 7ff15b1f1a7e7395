// SPDX-License-Identifier: Apache-2.0
//
// The facts of one completion that its reward is made from: what the verifier found, how long the
// completion is and how it is written. A verifier and a rollout fill it; reward/ reads it.
#pragma once

#include <gppo/core/view.hpp>

#include <cstdint>

namespace gppo {

/// Which tags a response has. A prompt that already opens <think> counts as having opened it.
struct ThinkTags {
    bool opened = true;
    bool closed = true;
};

/// Lengths are in tokens, the end token included.
struct Response {
    View<const std::int32_t> tokens{};  // (length) or empty, where nothing asks for repetition
    Index length = 0;                   ///< of this completion
    Index limit = 0;                    ///< most tokens it could have had; 0 if there was no limit
    Index shortest = 0, longest = 0;    ///< lengths within its group, its own among them

    bool right = false;       ///< the answer equals the gold answer; the program passes every test
    float passed = 0;         ///< share of tests passed, in [0, 1]; of an answer 1 or 0
    bool well_formed = true;  ///< it has the form that was asked for
    bool truncated = false;   ///< cut off by the limit
    bool infra = false;       ///< the verifier itself failed: nothing above `length` is known
    ThinkTags tags{};

    float model_score = 0;  ///< of a reward model, where there is one

    Index turns = 1;                       ///< replies of the model, the final one included
    Index malformed_turns = 0;             ///< of those before the final one
    Index calls = 0, malformed_calls = 0;  ///< tool calls begun; of them, those no tool could read
};

}  // namespace gppo
