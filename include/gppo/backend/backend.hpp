// SPDX-License-Identifier: Apache-2.0
//
// What a backend is: memory, matrix products, attention over packed sequences, and `for_rows`,
// which runs a team function for every row. The model is written once against this concept.
//
// The memory may be another than the host's (`host_memory` false): then only the backend's
// functions touch it, everything they are given lies there, and upload() and download() copy. What
// for_rows runs holds pointers and numbers only, and is no lambda: nvcc starts none.
#pragma once

#include <gppo/backend/factor.hpp>
#include <gppo/core/execution.hpp>
#include <gppo/core/rows.hpp>
#include <gppo/core/view.hpp>

#include <concepts>

namespace gppo {

/// C (m, n) = op(A) op(B) + beta C, all row-major. op(A) is (m, k), op(B) is (k, n). A leading
/// dimension of 0 means the matrix as stored is contiguous. With beta 0, C is not read.
struct Gemm {
    Index m = 0, n = 0, k = 0;
    bool transpose_a = false, transpose_b = false;
    float beta = 0.0f;
    Index lda = 0, ldb = 0, ldc = 0;

    constexpr Index a_stride() const { return lda != 0 ? lda : (transpose_a ? m : k); }
    constexpr Index b_stride() const { return ldb != 0 ? ldb : (transpose_b ? k : n); }
    constexpr Index c_stride() const { return ldc != 0 ? ldc : n; }
};

/// Causal grouped-query attention: query head h reads key/value head h / (heads / kv_heads).
struct AttentionShape {
    Index heads = 0, kv_heads = 0, head_dim = 0;
    float scale = 1.0f;  ///< multiplies q k^T; 1 / sqrt(head_dim) in Qwen3

    GPPO_HD constexpr Index group() const { return heads / kv_heads; }
};

/// Inputs of attention over sequences packed one after another. Token t of q is heads x head_dim
/// floats, of k and v kv_heads x head_dim.
struct AttentionInput {
    AttentionShape shape;
    View<const Index> offsets;  // (B + 1)   the backend's memory, as all else
    Rows<const float> q, k, v;  // (T, heads or kv_heads, head_dim)
    Index longest = 0;          ///< tokens of the longest sequence; 0 where that is not known
};

/// Copies return when both sides may be used again.
template <class K>
concept Backend =
    requires(const K backend, Index n, Gemm g, Factor a, float* c, AttentionInput input,
             Rows<const float> read, Rows<float> write, View<float> lse, View<const float> from) {
        { K::host_memory } -> std::convertible_to<bool>;
        { backend.template allocate<float>(n).view() } -> std::same_as<View<float>>;
        backend.upload(from /* host */, lse);
        backend.download(from, lse /* host */);
        backend.for_rows(n, RowWork{});
        backend.gemm(g, a, a, c);
        backend.attention_forward(input, write, lse);
        backend.attention_backward(input, read, lse, read, write, write, write);
    };

}  // namespace gppo
