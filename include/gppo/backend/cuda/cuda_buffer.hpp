// SPDX-License-Identifier: Apache-2.0
//
// Memory of the device from its stream-ordered pool: taking and giving back cost no
// synchronisation. It only grows, as Buffer does.
#pragma once

#include <gppo/backend/cuda/cuda_call.hpp>
#include <gppo/core/view.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace gppo {

/// How often this process has taken device memory: who kept an address sees that it may be old.
inline std::atomic<std::uint64_t> cuda_allocations{0};

/// `size` elements on the device, zeroed, for work in `stream`. One without a stream may be used in
/// any: growing it waits for the device. Moves, does not copy.
template <class T>
class CudaBuffer {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    CudaBuffer() = default;
    CudaBuffer(cudaStream_t stream, Index size) : stream_(stream) { resize(size); }
    CudaBuffer(CudaBuffer&& other) noexcept { swap(other); }
    CudaBuffer& operator=(CudaBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~CudaBuffer() { free(); }

    /// Makes room for `count` elements. When it has to grow, the contents are lost and zero;
    /// otherwise they stay as they are.
    void resize(Index count) {
        if (count > capacity_) {
            free();
            allocate(static_cast<std::size_t>(count) * sizeof(T));
            capacity_ = count;
        }
        size_ = count;
    }

    T* data() noexcept { return data_; }
    const T* data() const noexcept { return data_; }
    Index size() const noexcept { return size_; }
    Index capacity() const noexcept { return capacity_; }
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
    void allocate(std::size_t bytes) {
        ++cuda_allocations;
        const auto to = reinterpret_cast<void**>(&data_);
        if (stream_ != nullptr) {
            cuda_call(cudaMallocAsync(to, bytes, stream_), "taking device memory");
            cuda_call(cudaMemsetAsync(data_, 0, bytes, stream_), "clearing device memory");
            return;
        }
        cuda_call(cudaMalloc(to, bytes), "taking device memory");
        cuda_call(cudaMemset(data_, 0, bytes), "clearing device memory");
        cuda_call(cudaDeviceSynchronize(), "clearing device memory");
    }
    void free() noexcept {
        if (data_ == nullptr) return;
        if (stream_ != nullptr)
            cudaFreeAsync(data_, stream_);
        else
            cudaFree(data_);  // waits for the device
        data_ = nullptr;
        size_ = capacity_ = 0;
    }
    void copy(void* to, const void* from, Index size, cudaMemcpyKind kind) const {
        expects(size == size_, "a device buffer and the host's have different sizes");
        if (size == 0) return;
        if (stream_ == nullptr) cuda_call(cudaDeviceSynchronize(), "waiting to copy");
        cuda_call(
            cudaMemcpyAsync(to, from, static_cast<std::size_t>(size) * sizeof(T), kind, stream_),
            "copying");
    }
    void swap(CudaBuffer& other) noexcept {
        std::swap(stream_, other.stream_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    cudaStream_t stream_ = nullptr;
    T* data_ = nullptr;
    Index size_ = 0, capacity_ = 0;
};

}  // namespace gppo
