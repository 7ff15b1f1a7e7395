// SPDX-License-Identifier: Apache-2.0
//
// LibTorch and Catch2 in one file: both have a macro CHECK, and tests mean Catch2's.
#pragma once

#include <gppo/cpu.hpp>
#include <gppo/torch.hpp>

#undef CHECK
#include "catch.hpp"
#include "random_batch.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <vector>

using Catch::Matchers::Contains;

/// A tensor of the same memory.
inline at::Tensor tensor_of(std::vector<float>& x) {
    return at::from_blob(x.data(), {static_cast<gppo::Index>(x.size())}, at::kFloat);
}
inline at::Tensor tensor_of(std::vector<gppo::Index>& x) {
    return at::from_blob(x.data(), {static_cast<gppo::Index>(x.size())}, at::kLong);
}
inline at::Tensor tensor_of(std::vector<std::uint8_t>& x) {
    return at::from_blob(x.data(), {static_cast<gppo::Index>(x.size())}, at::kByte);
}

/// The batch as tensors of its own memory, less what prepare() makes.
inline gppo::TensorBatch tensors_of(RandomBatch& random) {
    gppo::TensorBatch batch;
    batch.logp_old = tensor_of(random.logp_old);
    batch.offsets = tensor_of(random.offsets);
    batch.group = tensor_of(random.group);
    batch.logp_ref = tensor_of(random.logp_ref);
    batch.entropy = tensor_of(random.entropy);
    batch.positive = tensor_of(random.positive);
    if (!random.mask.empty()) batch.mask = tensor_of(random.mask);
    return batch;
}
