// SPDX-License-Identifier: Apache-2.0
// GMPO is a mean over its sequence already; verl ignores the aggregation, we refuse it.
// expect: GMPO is a geometric mean over its sequence already
#include <gppo/gppo.hpp>

#ifdef PASSING_TWIN
using Aggregate = gppo::SequenceMeanTokenMean;
#else
using Aggregate = gppo::TokenMean;
#endif

const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gmpo{}, Aggregate{}};
