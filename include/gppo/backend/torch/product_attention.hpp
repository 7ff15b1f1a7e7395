// SPDX-License-Identifier: Apache-2.0
//
// Causal grouped-query attention of one packed sequence by ATen's products, on any device, in fp32.
// It takes a block of queries at a time, so what it needs grows with the length and not with its
// square:
//
//   S = scale Q K^T,  P = exp(S - lse),  O = P V
//   dP = dO V^T,  dS = scale P (dP - rowsum(dO O)),  dQ = dS K,  dK = dS^T Q,  dV = P^T dO
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/torch/tensor_at.hpp>
#include <gppo/core/math.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/ones.h>
#include <limits>

namespace gppo {

class ProductAttention {
  public:
    static constexpr Index block = 256;  // queries at a time

    /// Of tokens [first, first + length), all on `device`.
    ProductAttention(const AttentionInput& in, Index first, Index length, at::DeviceType device)
        : shape_(in.shape),
          first_(first),
          length_(length),
          device_(device),
          q_(queries(in.q)),
          k_(keys(in.k)),
          v_(keys(in.v)) {}

    /// out (T, heads, head_dim), lse (T, heads): the rows of this sequence.
    void forward(Rows<float> out, View<float> lse) const {
        const at::Tensor to = queries(out), sums = log_sums(lse.data);
        for_blocks([&](Index row, Index rows) {
            const at::Tensor scores = scores_of(row, rows);
            const at::Tensor own = at::logsumexp(scores, -1, true);
            sums.narrow(2, row, rows).copy_(own.squeeze(-1));
            const at::Tensor mixed =
                at::bmm(flat(scores.sub(own).exp_()), first_of(v_, row + rows));
            to.narrow(2, row, rows).copy_(unflat(mixed, rows));
        });
    }

    /// Overwrites the rows of this sequence in dq, dk and dv. `out` and `lse` come from forward.
    void backward(Rows<const float> out, View<const float> lse, Rows<const float> dout,
                  Rows<float> dq, Rows<float> dk, Rows<float> dv) const {
        const at::Tensor from = queries(out), slopes = queries(dout), to = queries(dq);
        const at::Tensor sums = log_sums(lse.data), to_k = keys(dk).zero_(),
                         to_v = keys(dv).zero_();
        for_blocks([&](Index row, Index rows) {
            const Index seen = row + rows;
            const at::Tensor p =
                scores_of(row, rows).sub_(sums.narrow(2, row, rows).unsqueeze(-1)).exp_();
            const at::Tensor slope = slopes.narrow(2, row, rows);
            const at::Tensor mean = slope.mul(from.narrow(2, row, rows)).sum(-1, true);
            const at::Tensor dp =
                unflat(at::bmm(flat(slope), first_of(v_, seen).transpose(1, 2)), rows);
            const at::Tensor ds =
                flat(dp.sub_(mean).mul_(p).mul_(static_cast<double>(shape_.scale)));
            to.narrow(2, row, rows).copy_(unflat(at::bmm(ds, first_of(k_, seen)), rows));
            const at::Tensor query = flat(q_.narrow(2, row, rows));
            first_of(to_k, seen).add_(at::bmm(ds.transpose(1, 2), query));
            first_of(to_v, seen).add_(at::bmm(flat(p).transpose(1, 2), flat(slope)));
        });
    }

  private:
    template <class F>
    void for_blocks(F f) const {
        for (Index row = 0; row < length_; row += block) f(row, math::min(block, length_ - row));
    }
    /// (kv_heads, group, rows, keys up to the last of them), where a later key has -inf.
    at::Tensor scores_of(Index row, Index rows) const {
        const Index seen = row + rows;
        const at::Tensor products =
            at::bmm(flat(q_.narrow(2, row, rows)), first_of(k_, seen).transpose(1, 2));
        const at::Tensor later =
            at::ones({rows, seen}, at::TensorOptions(at::kBool).device(q_.device())).triu(row + 1);
        return unflat(products, rows)
            .mul_(static_cast<double>(shape_.scale))
            .masked_fill_(later, -std::numeric_limits<double>::infinity());
    }
    /// (kv_heads, group rows, n) of (kv_heads, group, rows, n), and back.
    at::Tensor flat(const at::Tensor& x) const {
        return x.reshape({shape_.kv_heads, -1, x.size(3)});
    }
    at::Tensor unflat(const at::Tensor& x, Index rows) const {
        return x.view({shape_.kv_heads, shape_.group(), rows, x.size(2)});
    }
    static at::Tensor first_of(const at::Tensor& keys, Index count) {
        return keys.narrow(1, 0, count);
    }

    at::Tensor view(const float* data, at::IntArrayRef sizes, at::IntArrayRef strides) const {
        return tensor_at(device_, at::kFloat, data, sizes, strides);
    }
    /// (kv_heads, group, length, head_dim)
    at::Tensor queries(Rows<const float> rows) const {
        const Index d = shape_.head_dim;
        return view(rows[first_], {shape_.kv_heads, shape_.group(), length_, d},
                    {shape_.group() * d, d, rows.stride, 1});
    }
    /// (kv_heads, length, head_dim)
    at::Tensor keys(Rows<const float> rows) const {
        const Index d = shape_.head_dim;
        return view(rows[first_], {shape_.kv_heads, length_, d}, {d, rows.stride, 1});
    }
    /// (kv_heads, group, length)
    at::Tensor log_sums(const float* lse) const {
        return view(lse + first_ * shape_.heads, {shape_.kv_heads, shape_.group(), length_},
                    {shape_.group(), 1, shape_.heads});
    }

    AttentionShape shape_;
    Index first_, length_;
    at::DeviceType device_;
    at::Tensor q_, k_, v_;
};

}  // namespace gppo
