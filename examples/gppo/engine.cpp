// SPDX-License-Identifier: Apache-2.0
//
// The model's code for the trainer, compiled once.
#include "run.hpp"

template class gppo::Qwen3<gppo::Cpu>;
template class gppo::Qwen3Decoder<gppo::Cpu>;
