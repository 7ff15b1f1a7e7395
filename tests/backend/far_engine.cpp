// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libgppo_cuda_engine.so where there is no GPU: the trainer's whole way with a model
// whose memory is not its own (tests/cli/cuda_backend.py), over far_memory.hpp.
#include "backend/far_memory.hpp"
#include "cuda_engine.hpp"
#include "far_decoder.hpp"
#include "far_model.hpp"

#include <cstdlib>

namespace {

const FarMemory far_memory(1);

std::unique_ptr<AnyModel> make_far_model(const gppo::Qwen3Config& shape, bool recompute) {
    return std::make_unique<FarModelOn<FarMemory>>(far_memory, shape, recompute);
}

}  // namespace

/// The arena's: GPPO_FAR_MEMORY bytes, so that a test can be refused.
gppo::Index gppo_cuda_memory() {
    const char* const bytes = std::getenv("GPPO_FAR_MEMORY");
    return bytes == nullptr ? 0 : std::atoll(bytes);
}

void gppo_cuda_limit(gppo::Index bytes) {
    device_memory_limit = bytes;
}

MakeModel* gppo_cuda_engine(gppo::Precision) {
    return &make_far_model;
}
