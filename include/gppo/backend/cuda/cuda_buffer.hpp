// SPDX-License-Identifier: Apache-2.0
//
// Memory of the device from its stream-ordered pool: taking and giving back cost no
// synchronisation.
#pragma once

#include <gppo/backend/cuda/cuda_call.hpp>
#include <gppo/core/view.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace gppo {

/// `size` elements on the device, zeroed, for work in `stream`. Moves, does not copy.
template <class T>
class CudaBuffer {
  public:
    CudaBuffer() = default;
    CudaBuffer(cudaStream_t stream, Index size) : stream_(stream), size_(size) {
        if (size == 0) return;
        cuda_call(cudaMallocAsync(reinterpret_cast<void**>(&data_), bytes(), stream),
                  "taking device memory");
        cuda_call(cudaMemsetAsync(data_, 0, bytes(), stream), "clearing device memory");
    }
    CudaBuffer(CudaBuffer&& other) noexcept { swap(other); }
    CudaBuffer& operator=(CudaBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~CudaBuffer() {
        if (data_ != nullptr) cudaFreeAsync(data_, stream_);
    }

    T* data() const noexcept { return data_; }
    Index size() const noexcept { return size_; }
    View<T> view() noexcept { return {data_, size_}; }
    View<const T> view() const noexcept { return {data_, size_}; }

    /// Copies from or to memory of the host, which must not change or be read before the stream is
    /// done.
    void upload(View<const T> host /*(size)*/) {
        copy(data_, host.data, host.size, cudaMemcpyHostToDevice);
    }
    void download(View<T> host /*(size)*/) const {
        copy(host.data, data_, host.size, cudaMemcpyDeviceToHost);
    }

  private:
    std::size_t bytes() const noexcept { return static_cast<std::size_t>(size_) * sizeof(T); }
    void copy(void* to, const void* from, Index size, cudaMemcpyKind kind) const {
        expects(size == size_, "a device buffer and the host's have different sizes");
        if (size == 0) return;
        cuda_call(cudaMemcpyAsync(to, from, bytes(), kind, stream_), "copying");
    }
    void swap(CudaBuffer& other) noexcept {
        std::swap(stream_, other.stream_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
    }

    cudaStream_t stream_ = nullptr;
    T* data_ = nullptr;
    Index size_ = 0;
};

}  // namespace gppo
