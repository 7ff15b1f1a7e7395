// SPDX-License-Identifier: Apache-2.0
//
// What cuDNN's attention is planned for, and the memory that it takes; nothing of cuDNN is needed
// to know. Making a plan takes a second or two, so sizes are rounded up. Backward in one order
// keeps a matrix of all scores: where that is too much, heads go one group after another.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/core/math.hpp>

#include <bit>
#include <cstdint>

namespace gppo {

/// What packed sequences have.
struct PackedSizes {
    Index sequences = 0, longest = 0, tokens = 0;
};

/// At least n, in steps of an eighth to a quarter of it, and of `least`.
constexpr Index rounded_up(Index n, Index least) {
    const auto half = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(n)));
    const Index step = math::max(least, half / 4);
    return (n + step - 1) / step * step;
}

/// What a plan depends on. Batches that have no more of anything can run on it.
struct CudnnShape {
    Index sequences = 0, longest = 0, tokens = 0;
    Index heads = 0, kv_heads = 0, head_dim = 0;  // that one run works on
    Index all_heads = 0, all_kv_heads = 0;        // that a token has, so its stride
    float scale = 1.0f;

    auto operator<=>(const CudnnShape&) const = default;
};

/// What backward works in, in bytes: gradients of k and v for each query head and a sum for each
/// query in fp32, and for sums in one order the whole matrix of dS in bf16. cuDNN 9.28 plans within
/// a fiftieth of it on Hopper (tests/backend/cuda/cudnn_attention.test.cpp).
constexpr Index cudnn_backward_bytes(const CudnnShape& s) {
    return 4 * s.tokens * s.all_heads * (2 * s.head_dim + 1) +
           2 * s.sequences * s.heads * s.longest * s.longest;
}

/// The plan of a run over `kv_heads` of the key/value heads and their queries.
constexpr CudnnShape cudnn_shape(const AttentionShape& a, const PackedSizes& sizes,
                                 Index kv_heads) {
    return {rounded_up(sizes.sequences, 1),
            rounded_up(sizes.longest, 64),
            rounded_up(sizes.tokens, 256),
            kv_heads * a.group(),
            kv_heads,
            a.head_dim,
            a.heads,
            a.kv_heads,
            a.scale};
}

/// Backward takes at most this for a run, unless one key/value head needs more.
inline constexpr Index cudnn_backward_limit = Index{2} << 30;

/// Heads of keys and values that one run of backward takes on: a divisor of them whose queries
/// begin at a multiple of 16 bytes.
constexpr Index cudnn_kv_heads_at_once(const AttentionShape& a, const PackedSizes& sizes) {
    Index found = a.kv_heads;
    for (Index n = a.kv_heads; n > 0; --n)
        if (a.kv_heads % n == 0 && (n * a.group()) % 4 == 0 &&
            cudnn_backward_bytes(cudnn_shape(a, sizes, found)) > cudnn_backward_limit)
            found = n;
    return found;
}

/// Bytes of everything that forward and backward of a batch hold: q, out, their gradients, and k, v
/// and theirs in bf16, and what backward works in.
constexpr Index cudnn_attention_bytes(const AttentionShape& a, const PackedSizes& sizes) {
    return 8 * sizes.tokens * a.head_dim * (a.heads + a.kv_heads) +
           cudnn_backward_bytes(cudnn_shape(a, sizes, cudnn_kv_heads_at_once(a, sizes)));
}

}  // namespace gppo
