// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend: a stream, its memory, and `for_rows`, a block of threads for each row.
// Products and attention are not here yet.
#pragma once

#include <gppo/backend/cuda/block_team.hpp>
#include <gppo/backend/cuda/cuda_buffer.hpp>
#include <gppo/backend/cuda/cuda_call.hpp>

#include <cuda_runtime.h>

namespace gppo {

/// Runs f(team, row) for the block's row.
template <class F>
__global__ void row_kernel(F f) {
    f(BlockTeam{}, static_cast<Index>(blockIdx.x));
}

class Cuda {
  public:
    /// Of the current device. Throws Error, with the remedy, where there is none that works.
    Cuda() {
        int count = 0;
        cuda_call(cudaGetDeviceCount(&count), "looking for a GPU");
        cuda_call(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
    }
    ~Cuda() {
        if (stream_ != nullptr) cudaStreamDestroy(stream_);
    }
    Cuda(const Cuda&) = delete;
    Cuda& operator=(const Cuda&) = delete;

    cudaStream_t stream() const noexcept { return stream_; }

    /// Zeroed memory.
    template <class T>
    CudaBuffer<T> allocate(Index count) const {
        return CudaBuffer<T>(stream_, count);
    }

    /// f(team, row) for rows 0 … n - 1; f can run on the device and holds only what can be copied
    /// there.
    template <class F>
    void for_rows(Index n, F f) const {
        if (n <= 0) return;
        row_kernel<<<static_cast<unsigned>(n), BlockTeam::width, 0, stream_>>>(f);
        cuda_call(cudaGetLastError(), "starting a kernel");
    }

    /// Waits for all work of the stream; an error of that work is thrown here.
    void wait() const { cuda_call(cudaStreamSynchronize(stream_), "running on the GPU"); }

  private:
    cudaStream_t stream_ = nullptr;
};

}  // namespace gppo
