// SPDX-License-Identifier: Apache-2.0
//
// What products in bf16 must be, whoever computes them: the exact products of rounded factors,
// summed in fp32.
#pragma once

#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/philox.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

inline std::vector<float> uniform_values(gppo::Index n, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = gppo::Philox{11}.uniform(stream, i) * 2.0f - 1.0f;
    return values;
}

/// Largest |difference| to the double product of the rounded factors, over sqrt(k).
inline double bf16_error(const gppo::Cpu& cpu, const gppo::Gemm& g) {
    using namespace gppo;
    const Index a_rows = g.transpose_a ? g.k : g.m, b_rows = g.transpose_b ? g.n : g.k;
    const auto a = uniform_values(a_rows * g.a_stride(), 1);
    const auto b = uniform_values(b_rows * g.b_stride(), 2);
    const auto before = uniform_values(g.m * g.c_stride(), 3);
    std::vector<float> c = before;
    cpu.gemm(g, a.data(), b.data(), c.data());
    const auto rounded = [](const std::vector<float>& x, Index i) {
        return static_cast<double>(bf16_to_float(float_to_bf16(x[static_cast<std::size_t>(i)])));
    };
    double worst = 0;
    for (Index i = 0; i < g.m; ++i)
        for (Index j = 0; j < g.c_stride(); ++j) {
            const auto at = static_cast<std::size_t>(i * g.c_stride() + j);
            double want = static_cast<double>(before[at]);
            if (j < g.n) {
                want *= static_cast<double>(g.beta);
                for (Index p = 0; p < g.k; ++p)
                    want +=
                        rounded(a, g.transpose_a ? p * g.a_stride() + i : i * g.a_stride() + p) *
                        rounded(b, g.transpose_b ? j * g.b_stride() + p : p * g.b_stride() + j);
            }
            worst = std::max(worst, std::abs(want - static_cast<double>(c[at])));
        }
    return worst / std::sqrt(static_cast<double>(g.k));
}

inline void check_bf16_products(const gppo::Cpu& cpu) {
    using namespace gppo;
    for (const auto& [m, n, k] : {std::array<Index, 3>{1, 1, 1},
                                  {64, 64, 64},
                                  {1, 97, 40},
                                  {97, 1, 40},
                                  {65, 70, 129},
                                  {1100, 9, 33},
                                  {9, 7, 4200}})
        for (const bool ta : {false, true})
            for (const bool tb : {false, true})
                for (const float beta : {0.0f, 1.0f})
                    for (const Index pad : {0, 3}) {
                        Gemm g{m, n, k, ta, tb, beta};
                        if (pad > 0) {
                            g.lda = g.a_stride() + pad;
                            g.ldb = g.b_stride() + pad;
                            g.ldc = n + pad;
                        }
                        CAPTURE(m, n, k, ta, tb, beta, pad);
                        CHECK(bf16_error(cpu, g) < 2e-6);
                    }
}
