// SPDX-License-Identifier: Apache-2.0
//
// What cuBLASLt is asked for, without a GPU: its functions, and those of the CUDA runtime that
// memory needs, stand here in a few lines over memory of the host. They take column-major matrices,
// as the real ones are documented to, and refuse what those refuse.
#include "backend/products.hpp"
#include "random_values.hpp"

#include <gppo/backend/cuda/cuda_products.hpp>
#include <gppo/backend/rounded_rows.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

struct Layout {
    std::int64_t type, rows, columns, stride;
};
struct Product {
    std::int64_t transpose_a, transpose_b;
};
int heuristics_asked = 0;

template <class T, class O>
T& inside(O* opaque) {
    static_assert(sizeof(T) <= sizeof(O));
    return *reinterpret_cast<T*>(opaque);
}

/// Element (row, column) of op(matrix), column-major.
double element(const Layout& m, const void* data, bool transpose, std::int64_t row,
               std::int64_t column) {
    const std::int64_t at = transpose ? row * m.stride + column : column * m.stride + row;
    if (m.type == CUDA_R_32F) return static_cast<double>(static_cast<const float*>(data)[at]);
    return static_cast<double>(gppo::bf16_to_float(static_cast<const std::uint16_t*>(data)[at]));
}

}  // namespace

extern "C" {

cudaError_t cudaMallocAsync(void** to, std::size_t size, cudaStream_t) {
    *to = std::calloc(size, 1);
    return cudaSuccess;
}
cudaError_t cudaMalloc(void** to, std::size_t size) {
    return cudaMallocAsync(to, size, nullptr);
}
cudaError_t cudaFree(void* p) {
    std::free(p);
    return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* p, cudaStream_t) {
    return cudaFree(p);
}
cudaError_t cudaMemset(void*, int, std::size_t) {
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void*, int, std::size_t, cudaStream_t) {
    return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
    return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t) {
    return "";
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    *handle = reinterpret_cast<cublasLtHandle_t>(&heuristics_asked);
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t) {
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t layout, std::size_t,
                                                 cudaDataType type, std::uint64_t rows,
                                                 std::uint64_t columns, std::int64_t stride) {
    inside<Layout>(layout) = {type, static_cast<std::int64_t>(rows),
                              static_cast<std::int64_t>(columns), stride};
    return static_cast<std::int64_t>(rows) <= stride ? CUBLAS_STATUS_SUCCESS
                                                     : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t product, std::size_t,
                                               cublasComputeType_t compute, cudaDataType scale) {
    inside<Product>(product) = {};
    return compute == CUBLAS_COMPUTE_32F && scale == CUDA_R_32F ? CUBLAS_STATUS_SUCCESS
                                                                : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t product,
                                              cublasLtMatmulDescAttributes_t which,
                                              const void* value, std::size_t size) {
    if (size != sizeof(cublasOperation_t)) return CUBLAS_STATUS_INVALID_VALUE;
    cublasOperation_t operation;
    std::memcpy(&operation, value, size);
    Product& p = inside<Product>(product);
    (which == CUBLASLT_MATMUL_DESC_TRANSA ? p.transpose_a : p.transpose_b) =
        operation == CUBLAS_OP_T;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t, std::size_t) {
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t,
                                                    cublasLtMatmulPreferenceAttributes_t which,
                                                    const void*, std::size_t size) {
    const bool workspace = which == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
    return size == (workspace ? 8u : 4u) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int,
                                              cublasLtMatmulHeuristicResult_t* found, int* count) {
    ++heuristics_asked;
    found->state = CUBLAS_STATUS_SUCCESS;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t product, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t,
                              const cublasLtMatmulAlgo_t*, void*, std::size_t, cudaStream_t) {
    const Product& p = inside<Product>(product);
    const Layout &x = inside<Layout>(a_layout), &y = inside<Layout>(b_layout),
                 &z = inside<Layout>(c_layout);
    const bool tx = p.transpose_a != 0, ty = p.transpose_b != 0;
    const std::int64_t depth = tx ? x.rows : x.columns;
    if ((tx ? x.columns : x.rows) != z.rows || (ty ? y.columns : y.rows) != depth ||
        (ty ? y.rows : y.columns) != z.columns || x.type != y.type)
        return CUBLAS_STATUS_INVALID_VALUE;
    for (std::int64_t column = 0; column < z.columns; ++column)
        for (std::int64_t row = 0; row < z.rows; ++row) {
            double sum = 0;
            for (std::int64_t n = 0; n < depth; ++n)
                sum += element(x, a, tx, row, n) * element(y, b, ty, n, column);
            const auto by = static_cast<double>(*static_cast<const float*>(beta));
            const double kept = by == 0 ? 0 : by * element(z, c, false, row, column);
            static_cast<float*>(d)[column * z.stride + row] = static_cast<float>(
                static_cast<double>(*static_cast<const float*>(alpha)) * sum + kept);
        }
    return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"

using namespace gppo;

TEST_CASE("cuBLASLt is asked for the products that are meant", "[cuda]") {
    CudaProducts products(nullptr);
    for_each_product({{1, 1, 1}, {5, 7, 9}, {16, 3, 20}}, {0.0f, 1.0f, 0.5f}, [&](const Gemm& g) {
        const ProductInput in(g);
        std::vector<float> got = in.c, want = in.c;
        products.multiply(factor_of(in.a.data(), g.m, g.k, g.a_stride(), g.transpose_a),
                          factor_of(in.b.data(), g.k, g.n, g.b_stride(), g.transpose_b), g.beta,
                          {got.data(), g.m, g.n, g.c_stride()});
        Cpu(1).gemm(g, in.a.data(), in.b.data(), want.data());
        CHECK(distance(got, want) < 1e-6f);
    });
}

TEST_CASE("rounded factors are told as bf16, in rows of their own", "[cuda]") {
    CudaProducts products(nullptr);
    const Index m = 5, n = 7, k = 11, padded = 16;
    const std::vector<float> a = random_values(m * k, 1), b = random_values(n * k, 2);
    std::vector<std::uint16_t> rounded_a(5 * 16), rounded_b(7 * 16);
    Cpu(1).for_rows(m, RoundRow{a.data(), k, k, rounded_a.data(), padded});
    Cpu(1).for_rows(n, RoundRow{b.data(), k, k, rounded_b.data(), padded});
    std::vector<float> got(35), want(35);
    products.multiply({rounded_a.data(), m, k, padded, false, CUDA_R_16BF},
                      {rounded_b.data(), n, k, padded, true, CUDA_R_16BF}, 0.0f,
                      {got.data(), m, n, n});
    Cpu(1, Precision::bf16).gemm({m, n, k, false, true}, a.data(), b.data(), want.data());
    CHECK(distance(got, want) < 1e-5f);
}

TEST_CASE("a factor that is kept in bf16 is read as it is, where its rows are aligned", "[cuda]") {
    alignas(256) static std::uint16_t halves[64];
    const float* const floats = reinterpret_cast<const float*>(halves);
    const Factor kept = halves;
    CHECK(reads_as_it_is(factor_of(kept, 4, 8, 8, true), Precision::bf16));
    CHECK(reads_as_it_is(factor_of(kept + 8, 4, 8, 16, false), Precision::bf16));
    CHECK(!reads_as_it_is(factor_of(kept + 4, 4, 8, 8, true), Precision::bf16));
    CHECK(!reads_as_it_is(factor_of(kept, 4, 6, 6, true), Precision::bf16));
    CHECK(!reads_as_it_is(factor_of(kept, 4, 8, 8, true), Precision::fp32));
    CHECK(!reads_as_it_is(factor_of(floats, 4, 8, 8, true), Precision::bf16));
    CHECK(reads_as_it_is(factor_of(floats, 3, 5, 5, true), Precision::fp32));
}

TEST_CASE("which algorithm is best for a shape is asked once", "[cuda]") {
    CudaProducts products(nullptr);
    alignas(256) static float memory[64];
    const auto multiply = [&](Index size, Index first) {
        const int before = heuristics_asked;
        products.multiply(factor_of(memory + first, size, size, size, false),
                          factor_of(memory, size, size, size, false), 0.0f,
                          {memory, size, size, size});
        return heuristics_asked - before;
    };
    CHECK(multiply(2, 0) == 1);
    CHECK(multiply(2, 0) == 0);
    CHECK(multiply(3, 0) == 1);
    CHECK(multiply(2, 1) == 1);  // aligned in another way
}

TEST_CASE("rows are scaled where there is nothing to add", "[cuda]") {
    std::vector<float> c{1, 2, 3, 4, 5, 6};
    Cpu(1).for_rows(2, ScaleRow{c.data(), 3, 2, 0.5f});
    CHECK(c == std::vector<float>{0.5f, 1, 3, 2, 2.5f, 6});
    Cpu(1).for_rows(2, ScaleRow{c.data(), 3, 2, 0.0f});
    CHECK(c == std::vector<float>{0, 0, 3, 0, 0, 6});
}
