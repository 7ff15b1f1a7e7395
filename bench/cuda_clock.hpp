// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gppo/backend/cuda/cuda.hpp>

#include <algorithm>
#include <vector>

/// Median microseconds of work() in the stream, over rounds of several calls.
template <class F>
double microseconds(const gppo::Cuda& cuda, F work, int rounds = 21, int calls = 10) {
    cudaEvent_t begin, end;
    gppo::cuda_call(cudaEventCreate(&begin), "making an event");
    gppo::cuda_call(cudaEventCreate(&end), "making an event");
    std::vector<double> times;
    for (int round = -3; round < rounds; ++round) {
        gppo::cuda_call(cudaEventRecord(begin, cuda.stream()), "timing");
        for (int call = 0; call < calls; ++call) work();
        gppo::cuda_call(cudaEventRecord(end, cuda.stream()), "timing");
        cuda.wait();
        float ms = 0;
        gppo::cuda_call(cudaEventElapsedTime(&ms, begin, end), "timing");
        if (round >= 0) times.push_back(1e3 * static_cast<double>(ms) / calls);
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[static_cast<std::size_t>(rounds / 2)];
}
