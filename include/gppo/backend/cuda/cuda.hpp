// SPDX-License-Identifier: Apache-2.0
//
// The CUDA backend: a stream, its memory, `for_rows`, a block of threads for each row, attention in
// those rows and, where the headers of cuBLASLt are, products. One Cuda serves one host thread at a
// time.
#pragma once

#include <gppo/backend/attention_rows.hpp>
#include <gppo/backend/backend.hpp>
#include <gppo/backend/cuda/cuda_buffer.hpp>
#include <gppo/backend/cuda/cuda_call.hpp>
#include <gppo/backend/cuda/cuda_graphs.hpp>
#include <gppo/backend/cuda/gpu_team.hpp>
#include <gppo/backend/paged_cache.hpp>
#include <gppo/backend/rounded_rows.hpp>
#if __has_include(<cublasLt.h>)
#include <gppo/backend/cuda/cuda_products.hpp>
#endif

#include <cuda_runtime.h>
#include <limits>
#include <memory>
#include <type_traits>

namespace gppo {

/// Runs f(team, row) for the block's row.
template <class F>
__global__ void __launch_bounds__(BlockTeam::width, blocks_side_by_side) row_kernel(F f) {
    f(BlockTeam{}, static_cast<Index>(blockIdx.x));
}

/// The same of a row that is a warp's.
template <class F>
__global__ void __launch_bounds__(BlockTeam::width, blocks_side_by_side)
    narrow_row_kernel(F f, Index rows) {
    const Index row = static_cast<Index>(blockIdx.x) * BlockTeam::warps + threadIdx.x / 32;
    if (row < rows) f(WarpTeam{}, row);
}

/// Starts f(team, row) for rows 0 … n - 1: a team is a block, or a warp where f says that its rows
/// are narrow.
template <class F>
void start_rows(cudaStream_t stream, Index n, F f) {
    if (n <= 0) return;
    expects(n <= std::numeric_limits<int>::max(), "CUDA: more rows than a grid has blocks");
    if constexpr (NarrowRow<F>)
        narrow_row_kernel<<<static_cast<unsigned>((n + BlockTeam::warps - 1) / BlockTeam::warps),
                            BlockTeam::width, 0, stream>>>(f, n);
    else
        row_kernel<<<static_cast<unsigned>(n), BlockTeam::width, 0, stream>>>(f);
    cuda_call(cudaGetLastError(), "starting a kernel");
}

class Cuda {
  public:
    static constexpr bool host_memory = false;

    /// Of the current device; `precision` is that of products. Throws Error, with the remedy, where
    /// there is no device that works.
    explicit Cuda(Precision precision = Precision::fp32) : precision_(precision) {
        int count = 0;
        cuda_call(cudaGetDeviceCount(&count), "looking for a GPU");
        cuda_call(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
    }
    ~Cuda() {
        if (stream_ == nullptr) return;
        cudaStreamSynchronize(stream_);
        products_.reset();  // has memory of the stream
        cudaStreamDestroy(stream_);
    }
    Cuda(const Cuda&) = delete;
    Cuda& operator=(const Cuda&) = delete;

    cudaStream_t stream() const noexcept { return stream_; }
    Precision precision() const noexcept { return precision_; }

    /// Zeroed memory.
    template <class T>
    CudaBuffer<T> allocate(Index count) const {
        return CudaBuffer<T>(stream_, count);
    }

    /// Copies from the host and to it; both wait.
    template <class T>
    void upload(View<const std::type_identity_t<T>> host, View<T> to) const {
        copy(to.data, host.data, to.size, sizeof(T), cudaMemcpyHostToDevice);
    }
    template <class T>
    void download(View<const std::type_identity_t<T>> from, View<T> host) const {
        copy(host.data, from.data, host.size, sizeof(T), cudaMemcpyDeviceToHost);
    }

    /// As start_rows(); f can run on the device and holds only what can be copied there.
    template <class F>
    void for_rows(Index n, F f) const {
        start_rows(stream_, n, f);
    }

#if __has_include(<cublasLt.h>)
    /// C = op(A) op(B) + beta C.
    void gemm(const Gemm& g, Factor a, Factor b, float* c) const {
        if (g.m <= 0 || g.n <= 0) return;
        if (g.k <= 0) return for_rows(g.m, ScaleRow{c, g.c_stride(), g.n, g.beta});
        const CudaMatrix left =
            ready(factor_of(a, g.m, g.k, g.a_stride(), g.transpose_a), other_a_);
        const CudaMatrix right =
            ready(factor_of(b, g.k, g.n, g.b_stride(), g.transpose_b), other_b_);
        products().multiply(left, right, g.beta, {c, g.m, g.n, g.c_stride()});
    }

    /// A factor in the precision of products, where it is not kept so.
    struct Other {
        CudaBuffer<std::uint16_t> rounded;
        CudaBuffer<float> widened;
    };

    /// Weights (n, k) of packed_product: read where they are, or a copy in the precision of
    /// products.
    struct Weights {
        CudaMatrix matrix;
        Other copy;
    };
    void pack(Index n, Index k, Factor weights, Weights& out) const {
        out.matrix = ready(factor_of(weights, k, n, k, true), out.copy);
    }

    /// y (rows, n) = x (rows, k) w^T, or += with `add`. cuBLASLt chooses by the number of rows, so
    /// a row keeps its bits among as many others only.
    void packed_product(const Weights& w, Index rows, const float* x, float* y, bool add) const {
        const Index n = w.matrix.rows, k = w.matrix.columns;
        products().multiply(ready(factor_of(x, rows, k, k, false), other_a_), w.matrix,
                            add ? 1.0f : 0.0f, {y, rows, n, n});
    }

    using Cache = PagedCache<Cuda>;
    /// Of a model with so many layers, in `precision`; this must outlive it.
    Cache make_cache(AttentionShape shape, Index layers) const {
        return {*this, shape, layers, precision_};
    }
    void cache_store(Cache& cache, Index layer, Rows<const float> keys,
                     Rows<const float> values) const {
        cache.store(layer, keys, values);
    }
    void attention_decode(Cache& cache, Index layer, Rows<const float> queries, float* out) const {
        cache.attend(layer, queries, out);
    }
#endif

    /// Work that comes again with the same arguments is recorded and started as one.
    template <class F>
    void repeat(const void* owner, Index rows, Index parts, F work) const {
        graphs_.repeat(stream_, {owner, rows, parts}, work);
    }

    /// out (T, heads, head_dim), lse (T, heads).
    void attention_forward(const AttentionInput& in, Rows<float> out, View<float> lse) const {
        const AttentionWork work = attention_work(rounded(in, lse.size), lse.size);
        for_rows(work.teams, AttentionForward{work, out, lse.data});
    }

    /// Overwrites dq, dk, dv. `lse` comes from forward; its output is not needed here.
    void attention_backward(const AttentionInput& in, Rows<const float> /*out*/,
                            View<const float> lse, Rows<const float> dout, Rows<float> dq,
                            Rows<float> dk, Rows<float> dv) const {
        mean_.resize(lse.size);
        const AttentionInput read = rounded(in, lse.size);
        const AttentionWork queries = attention_work(read, lse.size);
        for_rows(queries.teams, AttentionQueryBackward{queries, lse.data, dout, dq, mean_.data()});
        const AttentionWork keys =
            attention_work(read, lse.size / in.shape.heads * in.shape.kv_heads);
        for_rows(keys.teams, AttentionKeyBackward{keys, lse.data, mean_.data(), dout, dk, dv});
    }

    /// The same on a stream of its own, for another thread.
    Cuda another() const { return Cuda(precision_); }

    /// Bytes of the GPU, used or not.
    Index memory() const {
        std::size_t unused = 0, all = 0;
        cuda_call(cudaMemGetInfo(&unused, &all), "asking for the size of memory");
        return static_cast<Index>(all);
    }

    /// Waits for all work of the stream; an error of that work is thrown here.
    void wait() const { cuda_call(cudaStreamSynchronize(stream_), "running on the GPU"); }

  private:
    /// Blocks of attention at once, more than any GPU runs side by side.
    static constexpr Index attention_teams = 4096;

    void copy(void* to, const void* from, Index size, std::size_t each, cudaMemcpyKind kind) const {
        if (size <= 0) return;
        cuda_call(cudaMemcpyAsync(to, from, static_cast<std::size_t>(size) * each, kind, stream_),
                  "copying");
        wait();
    }
    /// In bf16 what cuDNN's attention would read; `count` is tokens times heads.
    AttentionInput rounded(const AttentionInput& in, Index count) const {
        if (precision_ == Precision::fp32) return in;
        const Index tokens = count / in.shape.heads;
        rounded_qkv_.resize(tokens * (in.shape.heads + 2 * in.shape.kv_heads) * in.shape.head_dim);
        return rounded_input(*this, in, tokens, rounded_qkv_.data());
    }
    AttentionWork attention_work(const AttentionInput& in, Index count) const {
        const Index teams = math::min(count, attention_teams);
        scratch_.resize(teams * 2 * attention_chunk);
        return {in, count, teams, scratch_.data()};
    }

#if __has_include(<cublasLt.h>)
    CudaProducts& products() const {
        if (!products_) products_ = std::make_shared<CudaProducts>(stream_);
        return *static_cast<CudaProducts*>(products_.get());
    }

    /// A factor as it is, or in the precision of products in `memory`: bf16 in rows of a multiple
    /// of 16 bytes.
    CudaMatrix ready(const CudaMatrix& x, Other& memory) const {
        if (reads_as_it_is(x, precision_)) return x;
        const bool halves = x.type == CUDA_R_16BF;
        if (precision_ == Precision::fp32) {
            memory.widened.resize(x.rows * x.columns);
            for_rows(x.rows, WidenRow{static_cast<const std::uint16_t*>(x.data),
                                      x.stride,
                                      x.columns,
                                      {memory.widened.data(), x.columns}});
            return {memory.widened.data(), x.rows, x.columns, x.columns, x.transpose};
        }
        const Factor from = halves ? Factor(static_cast<const std::uint16_t*>(x.data))
                                   : Factor(static_cast<const float*>(x.data));
        const Index padded = (x.columns + 7) / 8 * 8;
        memory.rounded.resize(x.rows * padded);
        for_rows(x.rows, RoundRow{from, x.stride, x.columns, memory.rounded.data(), padded});
        return {memory.rounded.data(), x.rows, x.columns, padded, x.transpose, CUDA_R_16BF};
    }
    mutable Other other_a_, other_b_;
#endif

    cudaStream_t stream_ = nullptr;
    Precision precision_;
    mutable std::shared_ptr<void> products_;  // CudaProducts: only gemm needs the library
    mutable CudaBuffer<float> scratch_, mean_, rounded_qkv_;
    mutable CudaGraphs graphs_;
};
#if __has_include(<cublasLt.h>)
static_assert(Backend<Cuda>);
static_assert(DecodeBackend<Cuda>);
#endif

}  // namespace gppo
