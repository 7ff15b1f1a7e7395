// SPDX-License-Identifier: Apache-2.0
//
// LibTorch on a device whose memory is not the host's: copies, products and attention are ATen's,
// on its current stream. Rows are started by `L`, which says what device that is: LibTorch knows no
// team functions. On a GPU L launches kernels (examples/gppo/torch_cuda_engine.cu); with the CPU's
// threads the CPU's tensors are as far away, which is how tests run it.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/torch/product_attention.hpp>
#include <gppo/backend/torch/tensor_at.hpp>
#include <gppo/backend/torch/tensor_buffer.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <array>
#include <type_traits>
#include <vector>

namespace gppo {

/// L has for_rows() and `device`, an at::DeviceType.
template <class L>
class TorchDevice : public L {
  public:
    static constexpr bool host_memory = false;
    static constexpr at::DeviceType device = L::device;

    /// Zeroed memory.
    template <class T>
    TensorBuffer<T, device> allocate(Index count) const {
        return TensorBuffer<T, device>(count);
    }

    /// Copies from the host and to it; both wait.
    template <class T>
    void upload(View<const std::type_identity_t<T>> host, View<T> to) const {
        if (to.size <= 0) return;
        bytes<T>(device, to.data, to.size).copy_(bytes<T>(at::kCPU, host.data, to.size));
    }
    template <class T>
    void download(View<const std::type_identity_t<T>> from, View<T> host) const {
        if (host.size <= 0) return;
        bytes<T>(at::kCPU, host.data, host.size).copy_(bytes<T>(device, from.data, host.size));
    }

    /// C = op(A) op(B) + beta C.
    void gemm(const Gemm& g, Factor a, Factor b, float* c) const {
        if (g.m <= 0 || g.n <= 0) return;
        const at::Tensor left = factor_at(device, a, g.m, g.k, g.a_stride(), g.transpose_a);
        const at::Tensor right = factor_at(device, b, g.k, g.n, g.b_stride(), g.transpose_b);
        at::Tensor out = matrix_at(device, c, g.m, g.n, g.c_stride(), false);
        if (g.beta == 0.0f)
            at::mm_out(out, left, right);
        else
            at::addmm_out(out, out, left, right, g.beta);
    }

    /// out (T, heads, head_dim), lse (T, heads). Waits: the host must know where sequences end.
    void attention_forward(const AttentionInput& in, Rows<float> out, View<float> lse) const {
        for_sequences(in, [&](const ProductAttention& one) { one.forward(out, lse); });
    }

    /// Overwrites dq, dk, dv. `out` and `lse` come from forward.
    void attention_backward(const AttentionInput& in, Rows<const float> out, View<const float> lse,
                            Rows<const float> dout, Rows<float> dq, Rows<float> dk,
                            Rows<float> dv) const {
        for_sequences(
            in, [&](const ProductAttention& one) { one.backward(out, lse, dout, dq, dk, dv); });
    }

  private:
    template <class T>
    static at::Tensor bytes(at::DeviceType where, const void* data, Index count) {
        // Named: in templates nvcc makes a comma operator of braces that become an IntArrayRef.
        const std::array<Index, 1> size{count * Index{sizeof(T)}}, stride{1};
        return tensor_at(where, at::kByte, data, size, stride);
    }
    template <class F>
    void for_sequences(const AttentionInput& in, F f) const {
        std::vector<Index> ends(static_cast<std::size_t>(in.offsets.size));
        download(in.offsets, View<Index>(ends));
        for (std::size_t b = 0; b + 1 < ends.size(); ++b)
            if (ends[b + 1] > ends[b])
                f(ProductAttention(in, ends[b], ends[b + 1] - ends[b], device));
    }
};

}  // namespace gppo
