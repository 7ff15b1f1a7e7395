// SPDX-License-Identifier: Apache-2.0
//
// The CPU backend: OpenMP threads, products of panels, attention. Without OpenMP it is the same
// code on one thread. One Cpu serves one host thread at a time (it owns scratch memory).
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/attention.hpp>
#include <gppo/backend/cpu/attention_bf16.hpp>
#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/cpu/factors.hpp>
#include <gppo/backend/cpu/key_value_cache.hpp>
#include <gppo/backend/cpu/panels.hpp>
#include <gppo/backend/decode.hpp>
#include <gppo/kernel/team.hpp>

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace gppo {

class Cpu {
  public:
    using Weights = Panels;
    using Cache = KeyValueCache;
    static constexpr bool host_memory = true;

    /// What computes gemm instead, for beta 0 or 1: C = op(A) op(B) + beta C.
    using Product = std::function<void(const Gemm&, Factor, Factor, float*)>;

    /// `threads` 0 means all that OpenMP offers (OMP_NUM_THREADS, or the cores of this process).
    /// `precision` is that of all products, in training and decoding; any processor has bf16, but
    /// only AVX512_BF16 makes it faster. `product`: see onednn.hpp.
    explicit Cpu(int threads = 0, Precision precision = Precision::fp32, Product product = {})
        : threads_(threads), precision_(precision), product_(std::move(product)) {
#ifdef _OPENMP
        if (threads_ <= 0) threads_ = omp_get_max_threads();
#else
        threads_ = 1;
#endif
    }

    int threads() const { return threads_; }
    Precision precision() const { return precision_; }

    /// Zeroed memory, aligned to 64 bytes.
    template <class T>
    Buffer<T> allocate(Index count) const {
        return Buffer<T>(count);
    }

    template <class T>
    void upload(View<const std::type_identity_t<T>> host, View<T> to) const {
        std::copy_n(host.data, to.size, to.data);
    }
    template <class T>
    void download(View<const std::type_identity_t<T>> from, View<T> host) const {
        std::copy_n(from.data, host.size, host.data);
    }

    /// f(SerialTeam{}, row) for every row, each on one thread. `f` must not throw.
    template <class F>
    void for_rows(Index n, F f) const {
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads_) if (n > 1 && threads_ > 1)
#endif
        for (Index row = 0; row < n; ++row) f(SerialTeam{}, row);
    }

    /// C = op(A) op(B) + beta C. Deterministic, on any number of threads. With A as it is the same
    /// bits as packed_product.
    void gemm(const Gemm& g, Factor a, Factor b, float* c) const {
        if (g.m <= 0 || g.n <= 0) return;
        if (g.beta != 0.0f && g.beta != 1.0f)
            for_rows(g.m, [=](SerialTeam team, Index row) {
                float* const out = c + row * g.c_stride();
                team.for_each(g.n, [=](Index j) { out[j] *= g.beta; });
            });
        Gemm rest = g;
        rest.beta = g.beta == 0.0f ? 0.0f : 1.0f;
        if (product_ && g.k > 0) return product_(rest, a, b, c);
        const Rows<const float> left = in_floats(g, a);
        if (precision_ == Precision::fp32)
            multiply_panels(rest, g.transpose_a ? turn(g, left, turned_) : left_rows(left), b, c);
        else
            multiply_panels(rest, g.transpose_a ? turn(g, left, rounded_) : round(g.m, g.k, left),
                            b, c);
    }

    /// out (T, heads, head_dim), lse (T, heads).
    void attention_forward(const AttentionInput& in, Rows<float> out, View<float> lse) const {
        for_tasks(in, [&](AttentionTask task, AttentionScratch scratch) {
            attention_forward_task(in, task, out, lse, scratch);
        });
    }

    /// Overwrites dq, dk, dv. `lse` comes from forward; its output is not needed here.
    void attention_backward(const AttentionInput& in, Rows<const float> /*out*/,
                            View<const float> lse, Rows<const float> dout, Rows<float> dq,
                            Rows<float> dk, Rows<float> dv) const {
        const AttentionGradient gradient{lse, dout, dq, dk, dv};
        for_tasks(in, [&](AttentionTask task, AttentionScratch scratch) {
            if (precision_ == Precision::bf16)
                attention_backward_bf16_task(in, gradient, task, scratch);
            else
                attention_backward_task(in, gradient, task, scratch);
        });
    }

    /// Rearranges weights (n, k) for packed_product.
    void pack(Index n, Index k, Factor weights, Panels& out) const {
        out.shape(n, k, precision_);
        for_rows(out.count(), [&](SerialTeam, Index panel) { out.fill(panel, weights); });
    }

    /// y (rows, n) = x (rows, k) w^T, or += with `add`. A row never depends on the others.
    void packed_product(const Panels& w, Index rows, const float* x, float* y, bool add) const {
        const Rows<float> out{y, w.columns()};
        if (w.precision() == Precision::fp32)
            return multiply(w, rows, left_rows(Rows<const float>{x, w.depth<float>()}), add, out);
        multiply(w, rows, round(rows, w.depth<float>(), {x, w.depth<float>()}), add, out);
    }

    Cache make_cache(AttentionShape shape, Index layers) const { return {shape, layers}; }

    /// Writes each row's key and value, (kv_heads, head_dim), at the row's own last position.
    void cache_store(Cache& cache, Index layer, Rows<const float> keys,
                     Rows<const float> values) const {
        const AttentionShape& s = cache.shape();
        const View<const DecodeRow> rows = cache.rows();
        for_rows(rows.size, [=, &cache](SerialTeam, Index r) {
            const CacheStrip strip = cache.strip(rows[r].own, layer);
            for (Index h = 0; h < s.kv_heads; ++h)
                gppo::cache_store(s, strip, h, rows[r].own_length - 1, keys[r] + h * s.head_dim,
                                  values[r] + h * s.head_dim);
        });
    }

    /// out (rows, heads, head_dim): each row's queries, (heads, head_dim), against what it sees.
    void attention_decode(Cache& cache, Index layer, Rows<const float> queries, float* out) const {
        const AttentionShape s = cache.shape();
        const View<const DecodeRow> rows = cache.rows();
        for_rows(rows.size * s.kv_heads, [=, &cache](SerialTeam, Index task) {
            const Index r = task / s.kv_heads;
            DecodeContext context{
                {}, cache.strip(rows[r].own, layer), rows[r].shared_length, rows[r].own_length};
            if (rows[r].shared_length > 0) context.shared = cache.strip(rows[r].shared, layer);
            decode_attention_task(s, context, task % s.kv_heads, queries[r],
                                  out + r * s.heads * s.head_dim);
        });
    }

  private:
    template <class E>
    void multiply(const Panels& w, Index rows, LeftFactor<E> x, bool add, Rows<float> y) const {
        Index step = 64;  // rows that share a panel while it is in the cache
        while (step > tile_height && (rows + step - 1) / step * w.count() < 4 * threads_) step /= 2;
        const Index tasks = (rows + step - 1) / step * w.count();
        const Index chunk = std::clamp<Index>(tasks / (8 * threads_), 1, w.count());
        // As threads come free: on a machine that does other work, too, an equal share waits.
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, chunk) num_threads(threads_) if (tasks > 1)
#endif
        for (Index task = 0; task < tasks; ++task) {
            const Index first = task / w.count() * step, count = std::min(step, rows - first);
            panel_product(w, task % w.count(), count, x.from(first), add, {y[first], y.stride});
        }
    }

    template <class E>
    void multiply_panels(const Gemm& g, LeftFactor<E> a, Factor b, float* c) const {
        const Index column_step = g.transpose_b ? g.b_stride() : 1;
        const Index depth_step = g.transpose_b ? 1 : g.b_stride();
        panels_.shape(g.n, g.k, terms<E> == 2 ? Precision::bf16 : Precision::fp32);
        for_rows(panels_.count(), [=, this](SerialTeam, Index panel) {
            panels_.fill(panel, b, column_step, depth_step);
        });
        multiply(panels_, g.m, a, g.beta != 0.0f, {c, g.c_stride()});
    }

    /// The left factor, in other memory where it is kept in bf16.
    Rows<const float> in_floats(const Gemm& g, Factor a) const {
        if (!a.is_bf16()) return {a.floats(), g.a_stride()};
        const Index rows = g.transpose_a ? g.k : g.m, width = g.transpose_a ? g.m : g.k;
        const Index stride = g.a_stride();
        widened_.resize(rows * width);
        float* const out = widened_.data();
        for_rows(rows, [=](SerialTeam team, Index r) {
            const std::uint16_t* const from = a.halves() + r * stride;
            float* const to = out + r * width;
            team.for_each(width, [=](Index i) { to[i] = bf16_to_float(from[i]); });
        });
        return {out, width};
    }

    /// x (rows, k), rounded.
    LeftFactor<Bf16Pair> round(Index rows, Index k, Rows<const float> x) const {
        const Index pairs = (k + 1) / 2;
        rounded_.resize(rows * pairs);
        Bf16Pair* const out = rounded_.data();
        for_rows(rows, [=](SerialTeam, Index r) { pair_row(x[r], k, out + r * pairs); });
        return left_rows(Rows<const Bf16Pair>{out, pairs});
    }

    /// The transpose of x (k, m) in tiles of (depth, tile_height), in `memory`.
    template <class E>
    LeftFactor<E> turn(const Gemm& g, Rows<const float> x, Buffer<E>& memory) const {
        const Index depth = (g.k + terms<E> - 1) / terms<E>;
        const Index tiles = (g.m + tile_height - 1) / tile_height;
        memory.resize(tiles * depth * tile_height);
        E* const out = memory.data();
        constexpr Index part = 32;  // rows of x whose tiles are made together
        for_rows((depth + part - 1) / part, [=](SerialTeam, Index n) {
            const Index end = std::min((n + 1) * part, depth);
            for (Index tile = 0; tile < tiles; ++tile)
                for (Index p = n * part; p < end; ++p)
                    turn_tile(x, tile * tile_height, g.m, p, g.k,
                              out + (tile * depth + p) * tile_height);
        });
        return {out, depth * tile_height, 1, tile_height};
    }

    /// f(task, scratch) for every sequence and key/value head, in any order.
    template <class F>
    void for_tasks(const AttentionInput& in, F f) const {
        const Index sequences = in.offsets.size - 1, heads = in.shape.kv_heads;
        Index longest = 0;
        for (Index b = 0; b < sequences; ++b)
            longest = std::max(longest, in.offsets[b + 1] - in.offsets[b]);
        const Index size = std::max(AttentionScratch::size(in.shape, longest),
                                    AttentionBf16Buffers::size(in.shape, longest));
        scratch_.resize(size * threads_);
        float* const memory = scratch_.data();
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(threads_) if (threads_ > 1)
#endif
        for (Index n = 0; n < sequences * heads; ++n) {
#ifdef _OPENMP
            const Index thread = omp_get_thread_num();
#else
            const Index thread = 0;
#endif
            const Index b = n / heads;
            f(AttentionTask{in.offsets[b], in.offsets[b + 1] - in.offsets[b], n % heads},
              AttentionScratch{memory + thread * size});
        }
    }

    int threads_ = 1;
    Precision precision_ = Precision::fp32;
    Product product_;
    mutable Buffer<float> scratch_;
    mutable Panels panels_;
    mutable Buffer<float> turned_, widened_;
    mutable Buffer<Bf16Pair> rounded_;
};
static_assert(Backend<Cpu>);
static_assert(DecodeBackend<Cpu>);

}  // namespace gppo
