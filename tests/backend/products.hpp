// SPDX-License-Identifier: Apache-2.0
//
// What products must be, whoever computes them: those of the factors, in bf16 of rounded ones,
// summed in fp32.
#pragma once

#include "catch.hpp"
#include "random_values.hpp"

#include <gppo/backend/cpu/cpu.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <vector>

/// Calls check(g) for products of these (m, n, k) with each transpose, with and without gaps
/// between rows.
template <class F>
void for_each_product(std::initializer_list<std::array<gppo::Index, 3>> sizes,
                      std::initializer_list<float> betas, F check) {
    for (const auto& [m, n, k] : sizes)
        for (const bool ta : {false, true})
            for (const bool tb : {false, true})
                for (const float beta : betas)
                    for (const gppo::Index gap : {0, 3}) {
                        gppo::Gemm g{m, n, k, ta, tb, beta};
                        if (gap > 0) {
                            g.lda = g.a_stride() + gap;
                            g.ldb = g.b_stride() + gap;
                            g.ldc = g.c_stride() + gap;
                        }
                        CAPTURE(m, n, k, ta, tb, beta, gap);
                        check(g);
                    }
}

/// Random factors of a product, and what stands where it goes.
struct ProductInput {
    explicit ProductInput(const gppo::Gemm& g)
        : a(random_values((g.transpose_a ? g.k : g.m) * g.a_stride(), 1)),
          b(random_values((g.transpose_b ? g.n : g.k) * g.b_stride(), 2)),
          c(random_values(g.m * g.c_stride(), 3)) {}
    std::vector<float> a, b, c;
};

/// Largest |difference| to the double product of the factors, rounded(x) each, over sqrt(k).
template <class F>
double product_error(const gppo::Cpu& cpu, const gppo::Gemm& g, F rounded) {
    using gppo::Index;
    const ProductInput in(g);
    std::vector<float> c = in.c;
    cpu.gemm(g, in.a.data(), in.b.data(), c.data());
    const auto factor = [&](const std::vector<float>& x, Index i) {
        return static_cast<double>(rounded(x[static_cast<std::size_t>(i)]));
    };
    double worst = 0;
    for (Index i = 0; i < g.m; ++i)
        for (Index j = 0; j < g.c_stride(); ++j) {
            const auto at = static_cast<std::size_t>(i * g.c_stride() + j);
            double want = static_cast<double>(in.c[at]);
            if (j < g.n) {
                want *= static_cast<double>(g.beta);
                for (Index p = 0; p < g.k; ++p)
                    want +=
                        factor(in.a, g.transpose_a ? p * g.a_stride() + i : i * g.a_stride() + p) *
                        factor(in.b, g.transpose_b ? j * g.b_stride() + p : p * g.b_stride() + j);
            }
            worst = std::max(worst, std::abs(want - static_cast<double>(c[at])));
        }
    return worst / std::sqrt(static_cast<double>(g.k));
}

inline float rounded_to_bf16(float x) {
    return gppo::bf16_to_float(gppo::float_to_bf16(x));
}

inline void check_bf16_products(const gppo::Cpu& cpu) {
    for_each_product({{1, 1, 1},
                      {64, 64, 64},
                      {1, 97, 40},
                      {97, 1, 40},
                      {65, 70, 129},
                      {1100, 9, 33},
                      {9, 7, 4200}},
                     {0.0f, 1.0f}, [&](const gppo::Gemm& g) {
                         CHECK(product_error(cpu, g, rounded_to_bf16) < 2e-6);
                     });
}
