// SPDX-License-Identifier: Apache-2.0
//
// The model on a GPU, in bf16: the head of Qwen3-8B, four of its layers in training, in
// decoding and over whole prompts, and attention of decoding alone beside cuDNN's. One JSON line a
// case. The peak is that of an H100 or H200 in bf16; the memory's speed is measured by a copy.
//   bench_cuda_model
#include "../examples/gppo/cuda_device.hpp"
#include "cuda_clock.hpp"
#include "model_cases.hpp"
#if __has_include(<cudnn_frontend.h>)
#include "cudnn_decode.hpp"
#endif

#include <gppo/model/qwen3_sizes.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <numeric>
#include <utility>
#include <vector>

namespace {

using gppo::Index;

double copied_bytes_a_second(const gppo::Cuda& cuda) {
    constexpr Index count = Index{1} << 28;
    auto from = cuda.allocate<float>(count), to = cuda.allocate<float>(count);
    const double us = microseconds(cuda, [&] {
        gppo::cuda_call(cudaMemcpyAsync(to.data(), from.data(), 4 * count, cudaMemcpyDeviceToDevice,
                                        cuda.stream()),
                        "copying");
    });
    return 8e6 * static_cast<double>(count) / us;
}

#if __has_include(<cudnn_frontend.h>)
gppo::CudaBuffer<std::int32_t> uploaded(const gppo::Cuda& cuda,
                                        const std::vector<std::int32_t>& host) {
    auto buffer = cuda.allocate<std::int32_t>(static_cast<Index>(host.size()));
    cuda.upload(host, buffer.view());
    return buffer;
}

/// The same by cuDNN, over pages of its own.
template <class Clock>
void time_cudnn_pages(const gppo::Cuda& cuda, Clock clock, const PagedCase& c,
                      const MachinePeak& peak) {
    int device = 0, major = 0, minor = 0;
    gppo::cuda_call(cudaGetDevice(&device), "looking at the GPU");
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
    if (major < 9) return;
    CudnnDecode plan(gppo::cudnn_device(device, 10 * major + minor), c);
    cudnnHandle_t handle = nullptr;
    gppo::cudnn_call(cudnnCreate(&handle), "beginning");
    gppo::cudnn_call(cudnnSetStream(handle, cuda.stream()), "taking the stream");
    const Index width = c.batch * c.shape.heads * c.shape.head_dim;
    auto pages = cuda.allocate<std::uint16_t>(c.pages() * c.page().elements());
    auto queries = cuda.allocate<std::uint16_t>(width), out = cuda.allocate<std::uint16_t>(width);
    auto workspace = cuda.allocate<std::uint8_t>(plan.workspace());
    std::vector<std::int32_t> every(static_cast<std::size_t>(c.pages()));
    std::iota(every.begin(), every.end(), 0);
    const auto batch = static_cast<std::size_t>(c.batch);
    auto lists = uploaded(cuda, every);
    auto ones = uploaded(cuda, std::vector<std::int32_t>(batch, 1));
    auto lengths =
        uploaded(cuda, std::vector<std::int32_t>(batch, static_cast<std::int32_t>(c.length)));
    const double us = clock([&] {
        for (Index layer = 0; layer < c.layers; ++layer) {
            std::uint16_t* const keys = pages.data() + c.page().offset(layer, 0);
            std::unordered_map<std::int64_t, void*> tensors{
                {CudnnDecode::queries, queries.data()},
                {CudnnDecode::keys, keys},
                {CudnnDecode::values, keys + gppo::page_positions * c.shape.head_dim},
                {CudnnDecode::ones, ones.data()},
                {CudnnDecode::lengths, lengths.data()},
                {CudnnDecode::lists, lists.data()},
                {CudnnDecode::out, out.data()}};
            plan.run(handle, tensors, workspace.data());
        }
    });
    std::printf(
        "{\"case\": \"%s\", \"peer\": \"cuDNN\", \"us\": %.1f, \"share_of_memory\": %.3f}\n",
        c.name().c_str(), us, c.bytes() / (us * 1e-6 * peak.bytes));
    cudnnDestroy(handle);
}
#endif

}  // namespace

int main() try {
    const CudaDevice cuda(gppo::Precision::bf16);
    const MachinePeak peak{989e12, copied_bytes_a_second(cuda)};
    const auto clock = [&](auto work) { return microseconds(cuda, work, 5, 2); };
    gppo::Qwen3Config layers = gppo::published_qwen3("Qwen3-8B").value();
    layers.num_hidden_layers = 4, layers.vocab_size = 1024;
    for (const Index sequences : {Index{8}, Index{1}})
        time_training(cuda, clock, layers, sequences, 8192 / sequences, peak);
    for (const Index batch : {1, 32, 64}) time_decoding(cuda, clock, layers, batch, 1024, 2, peak);
    for (const auto& [batch, length] : {std::pair{1, 1024}, {32, 1024}, {64, 1024}, {32, 8192}}) {
        const PagedCase c{{32, 8, 128, 0.0884f}, 16, batch, length};
        time_paged_attention(cuda, clock, c, peak);
#if __has_include(<cudnn_frontend.h>)
        time_cudnn_pages(cuda, clock, c, peak);
#endif
    }
    for (const Index sequences : {Index{8}, Index{1}})
        time_prefill(cuda, clock, layers, sequences, 8192 / sequences, peak);
    time_head(cuda, clock, 16384, 4096, 151936);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cuda_model: %s\n", error.what());
    return 1;
}
