// SPDX-License-Identifier: Apache-2.0
//
// Kernels that are started again and again with the same arguments: recorded the second time, and
// from then on started together as one CUDA graph. The first time runs plainly, and so takes all
// memory and chooses all algorithms. A recording holds addresses: any buffer that grows, anywhere,
// ends all of them.
#pragma once

#include <gppo/backend/cuda/cuda_buffer.hpp>
#include <gppo/backend/cuda/cuda_call.hpp>

#include <compare>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <map>
#include <memory>
#include <type_traits>

namespace gppo {

class CudaGraphs {
  public:
    /// What is done again: whose work it is, and what its kernels depend on beside addresses.
    struct Key {
        const void* owner = nullptr;
        Index rows = 0, parts = 0;
        auto operator<=>(const Key&) const = default;
    };

    /// `work` starts kernels in the stream and nothing else.
    template <class F>
    void repeat(cudaStream_t stream, const Key& key, F work) {
        forget_moved();
        const auto place = graphs_.find(key);
        if (place == graphs_.end()) {
            work();
            forget_moved();
            graphs_.try_emplace(key);
            return;
        }
        if (!place->second) place->second = record(stream, work);
        if (place->second)
            return cuda_call(cudaGraphLaunch(place->second.get(), stream), "starting a graph");
        forget_moved();
        work();
    }

  private:
    struct Free {
        void operator()(cudaGraphExec_t graph) const noexcept { cudaGraphExecDestroy(graph); }
    };
    using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Free>;

    void forget_moved() {
        const std::uint64_t now = cuda_allocations.load();
        if (now != allocations_) graphs_.clear();
        allocations_ = now;
    }

    /// Null where another thread took memory meanwhile: it may be what this works on.
    template <class F>
    Graph record(cudaStream_t stream, F work) const {
        // Other threads' calls are their own affair.
        cuda_call(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording");
        cudaGraph_t recorded = nullptr;
        try {
            work();
        } catch (...) {
            cudaStreamEndCapture(stream, &recorded);
            if (recorded != nullptr) cudaGraphDestroy(recorded);
            throw;
        }
        cuda_call(cudaStreamEndCapture(stream, &recorded), "recording");
        cudaGraphExec_t graph = nullptr;
        const bool moved = cuda_allocations.load() != allocations_;
        const cudaError_t status = moved ? cudaSuccess : cudaGraphInstantiate(&graph, recorded, 0);
        cudaGraphDestroy(recorded);
        cuda_call(status, "making a graph");
        return Graph(graph);
    }

    std::map<Key, Graph> graphs_;  // null: seen once
    std::uint64_t allocations_ = 0;
};

}  // namespace gppo
