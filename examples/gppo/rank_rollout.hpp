// SPDX-License-Identifier: Apache-2.0
//
// Completions on their way between ranks: each rank samples and judges its part of the prompts, and
// all of them get all, so that advantages, filters and metrics are those of the whole rollout.
#pragma once

#include "grader.hpp"
#include "ranks.hpp"

#include <span>
#include <vector>

/// Of all ranks in the order of the prompts, `group` each; `own` are those of this rank's share.
std::vector<Judged> gather_judged(Ranks& ranks, std::span<const Example> examples /*(P)*/,
                                  Index group, const std::vector<Judged>& own);
