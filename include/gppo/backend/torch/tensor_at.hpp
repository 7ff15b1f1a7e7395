// SPDX-License-Identifier: Apache-2.0
//
// A tensor of somebody else's memory, on whatever device that is: where it lies is said, so nobody
// asks the driver.
#pragma once

#include <gppo/backend/factor.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

namespace gppo {

/// Elements of `type` at `data`, of the device of that kind which this process uses, its first.
inline at::Tensor tensor_at(at::DeviceType device, at::ScalarType type, const void* data,
                            at::IntArrayRef sizes, at::IntArrayRef strides) {
    const at::Device where =
        device == at::kCPU ? at::Device(at::kCPU) : at::Device(device, c10::DeviceIndex{0});
    return at::for_blob(const_cast<void*>(data), sizes)
        .strides(strides)
        .target_device(where)
        .options(at::TensorOptions(type).device(where))
        .make_tensor();
}

/// A matrix of floats in rows of `stride`, (rows, columns) once it is transposed.
inline at::Tensor matrix_at(at::DeviceType device, const float* data, std::int64_t rows,
                            std::int64_t columns, std::int64_t stride, bool transposed) {
    const std::int64_t down = transposed ? 1 : stride, right = transposed ? stride : 1;
    return tensor_at(device, at::kFloat, data, {rows, columns}, {down, right});
}

/// The same of a factor: bf16 is widened to other memory.
inline at::Tensor factor_at(at::DeviceType device, Factor data, std::int64_t rows,
                            std::int64_t columns, std::int64_t stride, bool transposed) {
    if (!data.is_bf16()) return matrix_at(device, data.floats(), rows, columns, stride, transposed);
    const std::int64_t down = transposed ? 1 : stride, right = transposed ? stride : 1;
    return tensor_at(device, at::kBFloat16, data.data, {rows, columns}, {down, right})
        .to(at::kFloat);
}

}  // namespace gppo
