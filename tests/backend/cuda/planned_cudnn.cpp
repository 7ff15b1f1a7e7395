// SPDX-License-Identifier: Apache-2.0
//
// cuDNN itself plans our attention for GPUs that are not there: it takes a description of one, and
// chooses and compiles a kernel as it would beside it. What it asks of the CUDA runtime stands here
// in two functions; without a driver, what it asks of that stands in no_driver.cpp. Nothing runs.
#include "catch.hpp"

#include <gppo/backend/cuda/cudnn_attention.hpp>

#include <cstring>
#include <string>
#include <vector>

using namespace gppo;

namespace {

int described_sm = 0;

/// As cuDNN writes a GPU down; published figures of the H100 SXM but for what is given.
CudnnDevice described(int sm, int processors, int shared_memory) {
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
    cudnn_call(device->deserialize({text.begin(), text.end()}),
               [] { return std::string("describing"); });
    return {std::move(device), sm};
}
CudnnDevice hopper() {
    return described(90, 132, 232448);
}

constexpr AttentionShape qwen3_8b{32, 8, 128, 0.0883883f};
using enum CudnnPlan::Direction;

}  // namespace

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

TEST_CASE("sizes of plans are rounded up, by a quarter at most") {
    for (Index n = 1; n < 3000; ++n) {
        CHECK(rounded_up(n, 1) >= n);
        CHECK(4 * rounded_up(n, 1) <= 5 * n + 3);
        CHECK(rounded_up(n, 64) % 64 == 0);
    }
}

TEST_CASE("cuDNN plans Qwen3's attention for Hopper and Blackwell") {
    const int sm = GENERATE(90, 100);
    CAPTURE(sm);
    CudnnAttention attention(sm == 90 ? hopper() : described(100, 148, 232448));
    CudnnPlan& there = attention.plan(forward, qwen3_8b, {7, 1900, 8192}, 8);
    CHECK(there.workspace() < (1 << 20));
    CHECK(&attention.plan(forward, qwen3_8b, {7, 1901, 8190}, 8) == &there);
    CHECK(attention.plan(backward, qwen3_8b, {7, 1900, 8192}, 8).workspace() <=
          CudnnAttention::backward_limit * 11 / 10);
}

TEST_CASE("what backward needs is known before it is planned") {
    CudnnAttention attention(hopper());
    struct Case {
        PackedSizes sizes;
        Index kv_heads;  // at once
    };
    for (const auto& [sizes, kv_heads] : {Case{{8, 1024, 8192}, 8}, Case{{1, 8192, 8192}, 2},
                                          Case{{1, 32768, 32768}, 1}, Case{{64, 512, 32768}, 4}}) {
        CAPTURE(sizes.sequences, sizes.longest, sizes.tokens);
        CHECK(CudnnAttention::backward_kv_heads(qwen3_8b, sizes) == kv_heads);
        const Index guess = cudnn_backward_bytes(
            {sizes.sequences, sizes.longest, sizes.tokens, 4 * kv_heads, kv_heads, 128, 32, 8});
        const Index planned = attention.plan(backward, qwen3_8b, sizes, kv_heads).workspace();
        CHECK(planned <= guess * 51 / 50);
        CHECK(planned >= guess * 49 / 50);
    }
}

TEST_CASE("a GPU before Hopper is refused with what to do") {
    CudnnAttention attention(described(80, 108, 166912));
    try {
        attention.plan(forward, qwen3_8b, {8, 1024, 8192}, 8);
        FAIL("planned");
    } catch (const Error& error) {
        const std::string text = error.what();
        CAPTURE(text);
        CHECK(text.find("8 sequences of 1024 tokens, 32 heads of 128 over 8") != std::string::npos);
        CHECK(text.find("on Hopper (sm_90) or newer") != std::string::npos);
    }
}
