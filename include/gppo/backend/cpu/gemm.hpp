// SPDX-License-Identifier: Apache-2.0
//
// Matrix products on the CPU: the work is split over threads here and each part is one
// single-threaded Eigen product. Eigen's own threads lose 20-30 % on the small products of decoding
// and do not split a matrix-vector product at all.
#pragma once

#ifndef EIGEN_DONT_PARALLELIZE
#define EIGEN_DONT_PARALLELIZE
#endif
#ifndef EIGEN_MPL2_ONLY
#define EIGEN_MPL2_ONLY
#endif

#include <gppo/backend/backend.hpp>

// GCC 12's own AVX-512 headers warn when Eigen inlines them.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <algorithm>

namespace gppo {

/// The whole product on the calling thread.
inline void gemm_serial(const Gemm& g, const float* a, const float* b, float* c) {
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using In = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
    const Eigen::OuterStride<> as(g.a_stride()), bs(g.b_stride()), cs(g.c_stride());
    const In left(a, g.transpose_a ? g.k : g.m, g.transpose_a ? g.m : g.k, as);
    const In right(b, g.transpose_b ? g.n : g.k, g.transpose_b ? g.k : g.n, bs);
    Eigen::Map<Matrix, 0, Eigen::OuterStride<>> out(c, g.m, g.n, cs);
    if (g.beta == 0.0f)
        out.setZero();
    else if (g.beta != 1.0f)
        out *= g.beta;
    if (g.transpose_a && g.transpose_b)
        out.noalias() += left.transpose() * right.transpose();
    else if (g.transpose_a)
        out.noalias() += left.transpose() * right;
    else if (g.transpose_b)
        out.noalias() += left * right.transpose();
    else
        out.noalias() += left * right;
}

/// How a product is cut: along m, n or k, in `parts` pieces of `step` (the last may be shorter).
struct GemmSplit {
    char axis = 'm';
    Index parts = 1, step = 0;
};

/// Cuts the longer side of C; k only where C is too small to share and k is long (weight gradients
/// of small layers on many threads), which needs a partial C a part.
inline GemmSplit gemm_split(const Gemm& g, Index threads) {
    const auto cut = [&](char axis, Index extent, Index grain) {
        const Index units = (extent + grain - 1) / grain;
        const Index step = (units + threads - 1) / threads * grain;
        return GemmSplit{axis, (extent + step - 1) / step, step};
    };
    constexpr Index worthwhile = 32 * 1024;  // multiply-adds; below this a fork costs more
    if (threads <= 1 || g.m * g.n * g.k < worthwhile) return {'m', 1, g.m};
    if (std::max(g.m, g.n) < 16 * threads && g.k >= 256 * threads) return cut('k', g.k, 16);
    return g.m >= g.n ? cut('m', g.m, 4) : cut('n', g.n, 16);
}

/// Part `part` of the product. For axis k, `c` must point at that part's own (m, n) partial.
inline void gemm_part(const Gemm& g, const GemmSplit& split, Index part, const float* a,
                      const float* b, float* c) {
    Gemm piece = g;
    piece.lda = g.a_stride(), piece.ldb = g.b_stride(), piece.ldc = g.c_stride();
    const Index first = part * split.step;
    if (split.axis == 'm') {
        piece.m = std::min(split.step, g.m - first);
        a += g.transpose_a ? first : first * piece.lda;
        c += first * piece.ldc;
    } else if (split.axis == 'n') {
        piece.n = std::min(split.step, g.n - first);
        b += g.transpose_b ? first * piece.ldb : first;
        c += first;
    } else {
        piece.k = std::min(split.step, g.k - first);
        piece.beta = 0.0f, piece.ldc = g.n;
        a += g.transpose_a ? first * piece.lda : first;
        b += g.transpose_b ? first : first * piece.ldb;
    }
    gemm_serial(piece, a, b, c);
}

}  // namespace gppo
