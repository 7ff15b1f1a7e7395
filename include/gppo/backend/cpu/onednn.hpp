// SPDX-License-Identifier: Apache-2.0
//
// Matrix products with both factors rounded to bf16 and sums in fp32, through oneDNN, which has the
// instructions of the processor (AMX, AVX512_BF16) where there are any. Needs oneDNN 2.6 or 3:
// gppo::onednn in CMake. Gradients stay fp32; only what is multiplied is rounded, once, to nearest
// even.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/error.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <tuple>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace gppo {

/// Takes the place of the products of a Cpu in training, where the processor has AMX (elsewhere our
/// own are as fast): Cpu(threads, Precision::bf16, OneDnnBf16(threads)). A product is cut into
/// blocks of few different shapes, the last one padded with zeros, because oneDNN compiles every
/// shape it meets, and the number of tokens differs from step to step.
class OneDnnBf16 {
  public:
    /// Whether this processor has AMX, of which oneDNN makes more than we do.
    static bool has_amx() {
        const auto has = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
        constexpr auto amx = static_cast<unsigned>(dnnl_cpu_isa_avx512_core_amx);
        return (has & amx) == amx;
    }

    /// Throws Error where this processor has no bf16 product.
    explicit OneDnnBf16(int threads) : threads_(threads) {
        try {
            plan({64, 64, 64, false, false, 64, false});
        } catch (const dnnl::error& error) {
            throw Error("this processor has no bf16 products (oneDNN: " +
                        std::string(error.what()) + "): use fp32");
        }
    }
    // For std::function. A copy makes its own plans.
    OneDnnBf16(const OneDnnBf16& other) : threads_(other.threads_) {}
    OneDnnBf16& operator=(const OneDnnBf16&) = delete;

    /// C = op(A) op(B) + beta C for beta 0 or 1.
    void operator()(const Gemm& g, Factor a, Factor b, float* c) {
        for (Index depth = 0; depth < g.k; depth += most_depth) {
            const Index k = std::min(most_depth, g.k - depth), padded_k = padded(k, most_depth);
            const Factor from = b + (g.transpose_b ? depth : depth * g.b_stride());
            if (g.transpose_b)
                round(from, g.n, k, g.b_stride(), g.n, padded_k, b_);
            else
                round(from, k, g.n, g.b_stride(), padded_k, g.n, b_);
            for (Index row = 0; row < g.m; row += most_rows)
                block(g, row, depth, k, a, c, depth > 0 || g.beta != 0.0f);
        }
    }

  private:
    static constexpr Index most_rows = 1024, most_depth = 4096, grain = 64;

    struct Shape {
        Index m = 0, n = 0, k = 0;
        bool transpose_a = false, transpose_b = false;
        Index ldc = 0;
        bool add = false;
        auto key() const { return std::tuple(m, n, k, transpose_a, transpose_b, ldc, add); }
        bool operator<(const Shape& other) const { return key() < other.key(); }
    };
    struct Plan {
        dnnl::memory::desc a, b, c;
        dnnl::matmul product;
    };

    static Index padded(Index extent, Index most) {
        return std::min(most, (extent + grain - 1) / grain * grain);
    }

    /// Rows [row, row + most_rows) of C, from the rounded b_.
    void block(const Gemm& g, Index row, Index depth, Index k, Factor a, float* c, bool add) {
        const Index m = std::min(most_rows, g.m - row), padded_k = padded(k, most_depth);
        const Index padded_m = padded(m, most_rows);
        if (g.transpose_a)
            round(a + depth * g.a_stride() + row, k, m, g.a_stride(), padded_k, padded_m, a_);
        else
            round(a + row * g.a_stride() + depth, m, k, g.a_stride(), padded_m, padded_k, a_);
        float* const out = c + row * g.c_stride();
        const bool whole = padded_m == m;
        if (!whole) c_.resize(padded_m * g.n);
        run({padded_m, g.n, padded_k, g.transpose_a, g.transpose_b, whole ? g.c_stride() : g.n,
             add && whole},
            whole ? out : c_.data());
        if (whole) return;
        for (Index i = 0; i < m; ++i) {
            float* const to = out + i * g.c_stride();
            const float* const from = c_.data() + i * g.n;
            for (Index j = 0; j < g.n; ++j) to[j] = add ? to[j] + from[j] : from[j];
        }
    }

    /// `out` (padded_rows, padded_columns) holds the rounded (rows, columns), zeros around it.
    void round(Factor in, Index rows, Index columns, Index stride, Index padded_rows,
               Index padded_columns, Buffer<std::uint16_t>& out) const {
        out.resize(padded_rows * padded_columns);
        std::uint16_t* const to = out.data();
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(threads_)
#endif
        for (Index i = 0; i < padded_rows; ++i) {
            std::uint16_t* const row = to + i * padded_columns;
            const Index n = i < rows ? columns : 0;
            const Factor values = in + (i < rows ? i : 0) * stride;
            if (values.is_bf16())
                std::copy_n(values.halves(), n, row);
            else
                for (Index j = 0; j < n; ++j) row[j] = float_to_bf16(values.floats()[j]);
            std::fill(row + n, row + padded_columns, std::uint16_t{0});
        }
    }

    static dnnl::memory::desc matrix(dnnl::memory::data_type type, Index rows, Index columns,
                                     bool transposed, Index stride) {
        return {{rows, columns},
                type,
                transposed ? dnnl::memory::dims{1, stride} : dnnl::memory::dims{stride, 1}};
    }

    const Plan& plan(const Shape& s) {
        const auto found = plans_.find(s);
        if (found != plans_.end()) return found->second;
        using Type = dnnl::memory::data_type;
        Plan made;
        made.a = matrix(Type::bf16, s.m, s.k, s.transpose_a, s.transpose_a ? s.m : s.k);
        made.b = matrix(Type::bf16, s.k, s.n, s.transpose_b, s.transpose_b ? s.k : s.n);
        made.c = matrix(Type::f32, s.m, s.n, false, s.ldc);
        dnnl::primitive_attr attributes;
        if (s.add) {
            dnnl::post_ops add;
            add.append_sum(1.0f);
            attributes.set_post_ops(add);
        }
#if DNNL_VERSION_MAJOR >= 3
        made.product =
            dnnl::matmul(dnnl::matmul::primitive_desc(engine_, made.a, made.b, made.c, attributes));
#else
        made.product = dnnl::matmul(dnnl::matmul::primitive_desc(
            dnnl::matmul::desc(made.a, made.b, made.c), attributes, engine_));
#endif
        return plans_.emplace(s, std::move(made)).first->second;
    }

    void run(const Shape& shape, float* c) {
#ifdef _OPENMP
        const int before = omp_get_max_threads();  // oneDNN takes that many
        omp_set_num_threads(threads_);
#endif
        const Plan& made = plan(shape);
        dnnl::memory a(made.a, engine_, a_.data()), b(made.b, engine_, b_.data()),
            out(made.c, engine_, c);
        dnnl::stream stream(engine_);
        dnnl::matmul(made.product)
            .execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, out}});
        stream.wait();
#ifdef _OPENMP
        omp_set_num_threads(before);
#endif
    }

    int threads_ = 1;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    std::map<Shape, Plan> plans_;
    Buffer<std::uint16_t> a_, b_;
    Buffer<float> c_;
};

}  // namespace gppo
