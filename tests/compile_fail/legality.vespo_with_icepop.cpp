// SPDX-License-Identifier: Apache-2.0
// VESPO's own weight bounds off-policy sequences.
// expect: VESPO bounds off-policy sequences by its own weight
#include <gppo/gppo.hpp>

#ifdef PASSING_TWIN
const gppo::NoCorrection correction{};
#else
const gppo::IcePop correction{};
#endif

const auto objective = gppo::corrected(
    gppo::Objective{gppo::GroupNorm{}, gppo::Vespo{}, gppo::TokenMean{}}, correction);
