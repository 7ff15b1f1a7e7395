// SPDX-License-Identifier: Apache-2.0
// LUSPO multiplies by the length; a sum over tokens would do so once more.
// expect: LUSPO multiplies by the length itself
#include <gppo/gppo.hpp>

#ifdef PASSING_TWIN
using Luspo = gppo::Gspo;
#else
using Luspo = gppo::Luspo;
#endif

const gppo::Objective objective{gppo::GroupNorm{}, Luspo{}, gppo::SequenceMeanTokenSum{}};
