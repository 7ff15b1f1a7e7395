// SPDX-License-Identifier: Apache-2.0
//
// The LibTorch backend: ATen's memory, threads, products and attention. It has no state, so any
// number of host threads may use one.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/torch/aten_threads.hpp>
#include <gppo/backend/torch/tensor_at.hpp>
#include <gppo/backend/torch/tensor_attention.hpp>
#include <gppo/backend/torch/tensor_buffer.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <algorithm>
#include <type_traits>

namespace gppo {

class Torch : public AtenThreads {
  public:
    static constexpr bool host_memory = true;

    /// Zeroed memory.
    template <class T>
    TensorBuffer<T> allocate(Index count) const {
        return TensorBuffer<T>(count);
    }

    template <class T>
    void upload(View<const std::type_identity_t<T>> host, View<T> to) const {
        std::copy_n(host.data, to.size, to.data);
    }
    template <class T>
    void download(View<const std::type_identity_t<T>> from, View<T> host) const {
        std::copy_n(from.data, host.size, host.data);
    }

    /// C = op(A) op(B) + beta C.
    void gemm(const Gemm& g, Factor a, Factor b, float* c) const {
        if (g.m <= 0 || g.n <= 0) return;
        const at::Tensor left = factor_at(at::kCPU, a, g.m, g.k, g.a_stride(), g.transpose_a);
        const at::Tensor right = factor_at(at::kCPU, b, g.k, g.n, g.b_stride(), g.transpose_b);
        at::Tensor out = matrix_at(at::kCPU, c, g.m, g.n, g.c_stride(), false);
        if (g.beta == 0.0f)
            at::mm_out(out, left, right);
        else
            at::addmm_out(out, out, left, right, g.beta);
    }

    /// out (T, heads, head_dim), lse (T, heads).
    void attention_forward(const AttentionInput& in, Rows<float> out, View<float> lse) const {
        for (Index b = 0; b + 1 < in.offsets.size; ++b) TensorAttention(in, b).forward(out, lse);
    }

    /// Overwrites dq, dk, dv. `out` and `lse` come from forward.
    void attention_backward(const AttentionInput& in, Rows<const float> out, View<const float> lse,
                            Rows<const float> dout, Rows<float> dq, Rows<float> dk,
                            Rows<float> dv) const {
        for (Index b = 0; b + 1 < in.offsets.size; ++b)
            TensorAttention(in, b).backward(out, lse, dout, dq, dk, dv);
    }
};
static_assert(Backend<Torch>);

}  // namespace gppo
