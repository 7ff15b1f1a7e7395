// SPDX-License-Identifier: Apache-2.0
//
// TensorBuffer<T>: memory of Torch's allocator, which keeps what is given back. That of another
// device than the CPU is not touched from here.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <array>
#include <string>
#include <type_traits>

namespace gppo {

template <class T, at::DeviceType device = at::kCPU>
class TensorBuffer {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    TensorBuffer() = default;
    explicit TensorBuffer(Index count) { resize(count); }
    TensorBuffer(TensorBuffer&&) = default;
    TensorBuffer& operator=(TensorBuffer&&) = default;

    /// Makes room for `count` elements. When it has to grow, the contents are lost and zero;
    /// otherwise they stay as they are.
    void resize(Index count) {
        if (count > capacity()) {
            bytes_ = at::Tensor();
            bytes_ = zeros(count * Index{sizeof(T)});
        }
        size_ = count;
    }

    T* data() { return bytes_.defined() ? static_cast<T*>(bytes_.mutable_data_ptr()) : nullptr; }
    const T* data() const {
        return bytes_.defined() ? static_cast<const T*>(bytes_.const_data_ptr()) : nullptr;
    }
    Index size() const { return size_; }
    Index capacity() const { return bytes_.defined() ? bytes_.numel() / Index{sizeof(T)} : 0; }
    View<T> view() { return {data(), size_}; }
    View<const T> view() const { return {data(), size_}; }
    T& operator[](Index i) { return data()[i]; }
    const T& operator[](Index i) const { return data()[i]; }

  private:
    static at::Tensor zeros(Index bytes) {
        try {
            const std::array<Index, 1> size{bytes};  // named, for nvcc: see torch_device.hpp
            return at::zeros(size, at::TensorOptions(at::kByte).device(device));
        } catch (const c10::OutOfMemoryError&) {
            throw Error("LibTorch: " + std::to_string(bytes) +
                        " bytes are not there on the device: make the batch or the model smaller, "
                        "or free memory that another process holds (nvidia-smi lists them)");
        }
    }

    at::Tensor bytes_;
    Index size_ = 0;
};

}  // namespace gppo
