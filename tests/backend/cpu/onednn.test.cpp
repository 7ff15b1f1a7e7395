// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/backend/cpu/onednn.hpp>
#include <gppo/core/philox.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

using namespace gppo;

namespace {

float from_bf16(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

std::vector<float> uniform_values(Index n, std::uint64_t stream) {
    std::vector<float> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = Philox{11}.uniform(stream, i) * 2.0f - 1.0f;
    return values;
}

/// Nothing, with a warning, where the processor has no bf16 products.
std::optional<Cpu> bf16_cpu(int threads) {
    try {
        return Cpu(threads, OneDnnBf16(threads));
    } catch (const Error& error) {
        WARN(error.what());
        return std::nullopt;
    }
}

/// Largest |difference| to the double product of the rounded factors, over sqrt(k).
double bf16_error(const Cpu& cpu, const Gemm& g) {
    const Index a_rows = g.transpose_a ? g.k : g.m, b_rows = g.transpose_b ? g.n : g.k;
    const auto a = uniform_values(a_rows * g.a_stride(), 1);
    const auto b = uniform_values(b_rows * g.b_stride(), 2);
    const auto before = uniform_values(g.m * g.c_stride(), 3);
    std::vector<float> c = before;
    cpu.gemm(g, a.data(), b.data(), c.data());
    const auto rounded = [](const std::vector<float>& x, Index i) {
        return static_cast<double>(from_bf16(to_bf16(x[static_cast<std::size_t>(i)])));
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

}  // namespace

TEST_CASE("a float is rounded to the nearest bf16, ties to even", "[backend][onednn]") {
    CHECK(to_bf16(1.0f) == 0x3F80);
    CHECK(to_bf16(1.00390625f) == 0x3F80);   // half way, down to even
    CHECK(to_bf16(1.01171875f) == 0x3F82);   // half way, up to even
    CHECK(to_bf16(1.003906369f) == 0x3F81);  // just above half way
    CHECK(to_bf16(-0.0f) == 0x8000);
    CHECK(to_bf16(std::numeric_limits<float>::infinity()) == 0x7F80);
    CHECK(to_bf16(std::numeric_limits<float>::max()) == 0x7F80);
    CHECK(std::isnan(from_bf16(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
    CHECK(std::isnan(from_bf16(to_bf16(std::bit_cast<float>(0x7F800001u)))));
}

TEST_CASE("bf16 products are the exact products of rounded factors, summed in fp32",
          "[backend][onednn]") {
    const auto cpu = bf16_cpu(2);
    if (!cpu) return;
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
                        CHECK(bf16_error(*cpu, g) < 2e-6);
                    }
}

TEST_CASE("bf16 products give the same bits again, and from another backend", "[backend][onednn]") {
    const auto cpu = bf16_cpu(2), second = bf16_cpu(2);
    if (!cpu) return;
    const auto a = uniform_values(300 * 128, 1), b = uniform_values(96 * 128, 2);
    std::vector<float> once(300 * 96), again(300 * 96), other(300 * 96);
    const Gemm g{300, 96, 128, false, true};
    cpu->gemm(g, a.data(), b.data(), once.data());
    cpu->gemm(g, a.data(), b.data(), again.data());
    second->gemm(g, a.data(), b.data(), other.data());
    CHECK(once == again);
    CHECK(once == other);
}
