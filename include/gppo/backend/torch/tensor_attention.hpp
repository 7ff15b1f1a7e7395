// SPDX-License-Identifier: Apache-2.0
//
// Causal grouped-query attention of one packed sequence by ATen's flash attention. The query heads
// that share a key/value head are the heads of one of its batches, for which that head is repeated
// with a stride of zero.
#pragma once

#include <gppo/backend/backend.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/from_blob.h>

namespace gppo {

class TensorAttention {
  public:
    TensorAttention(const AttentionInput& in, Index sequence)
        : shape_(in.shape),
          first_(in.offsets[sequence]),
          length_(in.offsets[sequence + 1] - first_),
          q_(queries(in.q)),
          k_(keys(in.k)),
          v_(keys(in.v)) {}

    /// out (T, heads, head_dim), lse (T, heads): the rows of this sequence.
    void forward(Rows<float> out, View<float> lse) const {
        const auto [result, sums] = at::_scaled_dot_product_flash_attention_for_cpu(
            q_, k_, v_, 0.0, true, std::nullopt, static_cast<double>(shape_.scale));
        queries(out).copy_(result);
        log_sums(lse.data).copy_(sums);
    }

    void backward(Rows<const float> out, View<const float> lse, Rows<const float> dout,
                  Rows<float> dq, Rows<float> dk, Rows<float> dv) const {
        const auto [q, k, v] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
            queries(dout), q_, k_, v_, queries(out), log_sums(lse.data).contiguous(), 0.0, true,
            std::nullopt, static_cast<double>(shape_.scale));
        queries(dq).copy_(q);
        key(dk).copy_(k.sum(1));
        key(dv).copy_(v.sum(1));
    }

  private:
    at::Tensor view(const float* data, at::IntArrayRef sizes, at::IntArrayRef strides) const {
        return at::from_blob(const_cast<float*>(data), sizes, strides, at::kFloat);
    }
    /// (kv_heads, group, length, head_dim)
    template <class T>
    at::Tensor queries(Rows<T> rows) const {
        const Index d = shape_.head_dim;
        return view(rows[first_], {shape_.kv_heads, shape_.group(), length_, d},
                    {shape_.group() * d, d, rows.stride, 1});
    }
    /// (kv_heads, length, head_dim)
    template <class T>
    at::Tensor key(Rows<T> rows) const {
        const Index d = shape_.head_dim;
        return view(rows[first_], {shape_.kv_heads, length_, d}, {d, rows.stride, 1});
    }
    /// (kv_heads, group, length, head_dim), each key/value head for its whole group
    at::Tensor keys(Rows<const float> rows) const {
        return key(rows).unsqueeze(1).expand({-1, shape_.group(), -1, -1});
    }
    /// (kv_heads, group, length)
    at::Tensor log_sums(const float* lse) const {
        return view(lse + first_ * shape_.heads, {shape_.kv_heads, shape_.group(), length_},
                    {shape_.group(), 1, shape_.heads});
    }

    AttentionShape shape_;
    Index first_, length_;
    at::Tensor q_, k_, v_;
};

}  // namespace gppo
