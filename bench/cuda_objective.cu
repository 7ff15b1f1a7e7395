// SPDX-License-Identifier: Apache-2.0
//
// The objective on a GPU: microseconds of one pass (events, median of rounds), beside a copy of the
// same bytes in the same run. One JSON line a case.
//   bench_cuda_objective [TOKENS ...]
#include "cuda_clock.hpp"

#include <gppo/cuda.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using gppo::Index;

struct FillTokens {
    gppo::View<float> logp, logp_old;
    __device__ void operator()(gppo::BlockTeam team, Index row) const {
        const Index first = row * gppo::block_tokens;
        float* const a = logp.data + first;
        float* const b = logp_old.data + first;
        team.for_each(gppo::math::min(gppo::block_tokens, logp.size - first), [=](Index i) {
            const gppo::Philox random{7};
            const auto place = static_cast<std::uint64_t>(first + i);
            b[i] = -5.0f * random.uniform(0, place);
            a[i] = b[i] + random.uniform(1, place) - 0.5f;
        });
    }
};

template <class C>
void time_policy(const gppo::Cuda& cuda, const char* name, C clip, Index tokens) {
    constexpr Index length = 4096;  // of a sequence
    std::vector<Index> offsets{0}, group;
    std::vector<float> rewards;
    while (offsets.back() < tokens) {
        group.push_back(static_cast<Index>(group.size()) / 8);
        rewards.push_back(static_cast<float>(group.size() % 3));
        offsets.push_back(std::min(offsets.back() + length, tokens));
    }
    std::vector<float> advantage(group.size()), coefficient(group.size());
    auto logp = cuda.allocate<float>(tokens), logp_old = cuda.allocate<float>(tokens);
    auto dlogp = cuda.allocate<float>(tokens), other = cuda.allocate<float>(tokens);
    cuda.for_rows((tokens + gppo::block_tokens - 1) / gppo::block_tokens,
                  FillTokens{logp.view(), logp_old.view()});
    gppo::Batch<> batch{.logp = logp.view(),
                        .logp_old = logp_old.view(),
                        .offsets = offsets,
                        .group = group,
                        .advantage = advantage,
                        .coefficient = coefficient};
    gppo::Objective objective{gppo::GroupNorm{}, clip, gppo::TokenMean{}};
    objective.prepare(rewards, batch);
    const gppo::CudaBatch<float> device(cuda, batch, gppo::TokenMemory::device);
    gppo::CudaPass pass(cuda);
    const double ours = microseconds(cuda, [&] { pass.start(objective, device, dlogp.view()); });
    const double loss = pass.loss().value;
    const auto bytes = static_cast<std::size_t>(tokens) * sizeof(float);
    // A copy reads and writes 8 bytes a token where the pass moves 12.
    const double copy =
        1.5 * microseconds(cuda, [&] {
            gppo::cuda_call(cudaMemcpyAsync(other.data(), logp.data(), bytes,
                                            cudaMemcpyDeviceToDevice, cuda.stream()),
                            "copying");
        });
    const double gigabytes = 12e-3 * static_cast<double>(tokens);
    std::printf(
        "{\"case\": \"objective %s, %lld tokens\", \"us\": %.2f, \"GB/s\": %.0f, "
        "\"copy_GB/s\": %.0f, \"share_of_copy\": %.3f, \"loss\": %.6g}\n",
        name, static_cast<long long>(tokens), ours, gigabytes / ours, gigabytes / copy, copy / ours,
        loss);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) try {
    std::vector<Index> sizes;
    for (int i = 1; i < count; ++i) sizes.push_back(std::atoll(arguments[i]));
    if (sizes.empty()) sizes = {Index{1} << 20, Index{1} << 24, Index{1} << 26};
    const gppo::Cuda cuda;
    for (const Index tokens : sizes) {
        time_policy(cuda, "gppo", gppo::Gppo{.high = 0.28f}, tokens);
        time_policy(cuda, "clip_higher", gppo::PpoClip{.high = 0.28f}, tokens);
        time_policy(cuda, "cispo", gppo::Cispo{}, tokens);
        time_policy(cuda, "sapo", gppo::Sapo{}, tokens);
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cuda_objective: %s\n", error.what());
    return 1;
}
