// SPDX-License-Identifier: Apache-2.0
//
// Compiled for every generation of GPUs that is supported, without running anything.
#include <gppo/cuda.hpp>

template gppo::Loss gppo::evaluate(const Cuda&, const Objective<GroupNorm, Gppo, TokenMean>&,
                                   const CudaBatch<float>&, View<float>, View<float>);
template gppo::Loss gppo::evaluate(const Cuda&,
                                   const Objective<GroupNorm, Gspo, SequenceMeanTokenMean>&,
                                   const CudaBatch<float>&, View<float>, View<float>);
