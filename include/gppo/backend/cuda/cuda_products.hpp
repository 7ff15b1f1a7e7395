// SPDX-License-Identifier: Apache-2.0
//
// Matrix products by cuBLASLt: fp32 in full (no TF32), or of factors in bf16, as they are kept or
// rounded, and summed in fp32. Our matrices are row-major and cuBLAS's are column-major, so it is
// asked for C^T = op(B)^T op(A)^T. Which algorithm it takes for a shape is asked once.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cuda/cublas_call.hpp>
#include <gppo/backend/cuda/cuda_buffer.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cublasLt.h>
#include <map>

namespace gppo {

/// C = beta C, where there is nothing to add.
struct ScaleRow {
    float* c;  // (rows, stride)
    Index stride, width;
    float beta;

    template <class Team>
    GPPO_HD void operator()(Team team, Index row) const {
        float* const y = c + row * stride;
        team.for_each(width, [=, by = beta](Index i) { y[i] = by == 0.0f ? 0.0f : by * y[i]; });
    }
};

/// A factor or the result as cuBLASLt is told of it.
struct CudaMatrix {
    const void* data = nullptr;
    Index rows = 0, columns = 0, stride = 0;  // as stored, row-major
    bool transpose = false;
    cudaDataType_t type = CUDA_R_32F;

    /// The largest power of two, up to 256, that divides the address.
    std::uint32_t alignment() const {
        const auto at = reinterpret_cast<std::uintptr_t>(data) | 256u;
        return static_cast<std::uint32_t>(at & (~at + 1));
    }
};

/// op(x) is (rows, columns).
inline CudaMatrix factor_of(Factor x, Index rows, Index columns, Index stride, bool transpose) {
    const cudaDataType_t type = x.is_bf16() ? CUDA_R_16BF : CUDA_R_32F;
    return transpose ? CudaMatrix{x.data, columns, rows, stride, true, type}
                     : CudaMatrix{x.data, rows, columns, stride, false, type};
}

/// Whether a product in `precision` reads a factor where it is: bf16 in rows of a multiple of 16
/// bytes only.
inline bool reads_as_it_is(const CudaMatrix& x, Precision precision) {
    if (precision == Precision::fp32) return x.type == CUDA_R_32F;
    return x.type == CUDA_R_16BF && x.stride % 8 == 0 && x.alignment() >= 16;
}

class CudaProducts {
  public:
    /// The stream must outlive it.
    explicit CudaProducts(cudaStream_t stream)
        : stream_(stream), workspace_(stream, Index{32} << 20) {
        cublas_call(cublasLtCreate(&handle_), "beginning");
    }
    ~CudaProducts() {
        if (handle_ != nullptr) cublasLtDestroy(handle_);
    }
    CudaProducts(const CudaProducts&) = delete;
    CudaProducts& operator=(const CudaProducts&) = delete;

    /// c = op(a) op(b) + beta c, all row-major; c is fp32, a and b are of one type.
    void multiply(const CudaMatrix& a, const CudaMatrix& b, float beta, const CudaMatrix& c) {
        cublasLtMatmulDescOpaque_t product;
        cublas_call(cublasLtMatmulDescInit(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                    "describing a product");
        transpose(product, CUBLASLT_MATMUL_DESC_TRANSA, b.transpose);  // b is its first factor
        transpose(product, CUBLASLT_MATMUL_DESC_TRANSB, a.transpose);
        Described left = describe(b), right = describe(a), out = describe(c);
        const cublasLtMatmulAlgo_t& algorithm = best(product, left, right, out, {a, b, c});
        const float alpha = 1.0f;
        cublas_call(
            cublasLtMatmul(handle_, &product, &alpha, b.data, &left, a.data, &right, &beta, c.data,
                           &out, const_cast<void*>(c.data), &out, &algorithm, workspace_.data(),
                           static_cast<std::size_t>(workspace_.size()), stream_),
            "starting a product");
    }

  private:
    using Described = cublasLtMatrixLayoutOpaque_t;

    /// What the choice of an algorithm depends on.
    struct Key {
        struct Side {
            Index rows = 0, columns = 0, stride = 0;
            bool transpose = false;
            std::uint32_t alignment = 0;
            auto operator<=>(const Side&) const = default;
        };
        Side a, b, c;
        int type = 0;

        Key(const CudaMatrix& x, const CudaMatrix& y, const CudaMatrix& z)
            : a(side(x)), b(side(y)), c(side(z)), type(static_cast<int>(x.type)) {}
        static Side side(const CudaMatrix& m) {
            return {m.rows, m.columns, m.stride, m.transpose, m.alignment()};
        }
        auto operator<=>(const Key&) const = default;
    };

    static void transpose(cublasLtMatmulDescOpaque_t& product, cublasLtMatmulDescAttributes_t which,
                          bool transposed) {
        const cublasOperation_t operation = transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        cublas_call(cublasLtMatmulDescSetAttribute(&product, which, &operation, sizeof operation),
                    "describing a product");
    }
    /// A row-major matrix is the column-major one of its transpose.
    static Described describe(const CudaMatrix& m) {
        Described layout;
        cublas_call(cublasLtMatrixLayoutInit(&layout, m.type, static_cast<std::uint64_t>(m.columns),
                                             static_cast<std::uint64_t>(m.rows), m.stride),
                    "describing a matrix");
        return layout;
    }

    const cublasLtMatmulAlgo_t& best(cublasLtMatmulDescOpaque_t& product, Described& left,
                                     Described& right, Described& out, const Key& key) {
        const auto known = chosen_.find(key);
        if (known != chosen_.end()) return known->second;
        cublasLtMatmulPreferenceOpaque_t preference;
        cublas_call(cublasLtMatmulPreferenceInit(&preference), "choosing an algorithm");
        const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t what, const auto& value) {
            cublas_call(
                cublasLtMatmulPreferenceSetAttribute(&preference, what, &value, sizeof value),
                "choosing an algorithm");
        };
        prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
               static_cast<std::uint64_t>(workspace_.size()));
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.b.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.a.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.c.alignment);
        prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.c.alignment);
        cublasLtMatmulHeuristicResult_t found;
        int count = 0;
        cublas_call(cublasLtMatmulAlgoGetHeuristic(handle_, &product, &left, &right, &out, &out,
                                                   &preference, 1, &found, &count),
                    "choosing an algorithm");
        cublas_call(count > 0 ? found.state : CUBLAS_STATUS_NOT_SUPPORTED, "choosing an algorithm");
        return chosen_.emplace(key, found.algo).first->second;
    }

    cudaStream_t stream_;
    cublasLtHandle_t handle_ = nullptr;
    CudaBuffer<std::uint8_t> workspace_;
    std::map<Key, cublasLtMatmulAlgo_t> chosen_;
};

}  // namespace gppo
