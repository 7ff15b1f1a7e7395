// SPDX-License-Identifier: Apache-2.0
//
// LibTorch on a device, with the CPU's tensors as that device's memory.
#pragma once

#include <gppo/backend/torch/aten_threads.hpp>
#include <gppo/backend/torch/torch_device.hpp>

struct FarThreads : gppo::AtenThreads {
    static constexpr at::DeviceType device = at::kCPU;
};
using TorchFar = gppo::TorchDevice<FarThreads>;
static_assert(gppo::Backend<TorchFar> && !TorchFar::host_memory);
