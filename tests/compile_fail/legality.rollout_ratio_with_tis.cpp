// SPDX-License-Identifier: Apache-2.0
// CISPO anchored on the rollout engine holds the mismatch already; TIS would count it twice.
// expect: would count the mismatch twice
#include <gppo/gppo.hpp>

#ifdef PASSING_TWIN
const gppo::Cispo policy{};
#else
const gppo::RolloutRatio policy{gppo::Cispo{}};
#endif

const auto objective = gppo::corrected(
    gppo::Objective{gppo::GroupNorm{}, policy, gppo::TokenMean{}}, gppo::TokenTis{});
