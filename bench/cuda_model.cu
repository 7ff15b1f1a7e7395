// SPDX-License-Identifier: Apache-2.0
//
// The model on a GPU, in bf16: the head of Qwen3-8B, four of its layers in training, in
// decoding and over whole prompts. One JSON line a case. The peak is that of an H100 or H200 in
// bf16; the memory's speed is measured by a copy.
//   bench_cuda_model
#include "../examples/gppo/cuda_device.hpp"
#include "cuda_clock.hpp"
#include "model_cases.hpp"

#include <gppo/model/qwen3_sizes.hpp>

#include <cstdio>
#include <exception>

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
    for (const Index sequences : {Index{8}, Index{1}})
        time_prefill(cuda, clock, layers, sequences, 8192 / sequences, peak);
    time_head(cuda, clock, 16384, 4096, 151936);
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cuda_model: %s\n", error.what());
    return 1;
}
