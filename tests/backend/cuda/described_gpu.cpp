// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/described_gpu.hpp"

#include <memory>
#include <string>
#include <utility>

namespace {

int described_sm = 0;

}  // namespace

/// As cuDNN writes a GPU down; published figures of the H100 SXM but for what is given.
gppo::CudnnDevice described(int sm, int processors, int shared_memory) {
    described_sm = sm;
    const std::string text =
        R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,)"
        R"("multiProcessorCount":)" +
        std::to_string(processors) +
        R"(,"smCountOrigin":0,"warpSize":32,"maxSharedMemoryPerBlock":49152,)"
        R"("maxSharedMemoryPerBlockOptin":)" +
        std::to_string(shared_memory) +
        R"(,"reservedSharedMemoryPerBlock":1024,"oversizedSharedMemoryPerBlock":0,)"
        R"("maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,)"
        R"("pciDeviceId":0,"isTccDriver":0,"supportCoopLaunch":1,"totalGlobalMem":85000000000,)"
        R"("smClockRateKHz":1980000,"memClockRateKHz":2619000,"memoryBusWidth":5120,)"
        R"("l2CacheSize":52428800,"cudaDeviceId":0,"deviceVer":)" +
        std::to_string(sm * 10) + R"(,"driverVer":13000,"deviceName":"described"})";
    auto device = std::make_shared<cudnn_frontend::DeviceProperties>();
    gppo::cudnn_call(device->deserialize({text.begin(), text.end()}),
                     [] { return std::string("describing"); });
    return {std::move(device), sm};
}
extern "C" {

cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
    *properties = {};
    properties->major = described_sm / 10, properties->minor = described_sm % 10;
    return cudaSuccess;
}
}
