// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/backend/cpu/onednn.hpp>

#include <optional>
#include <vector>

using namespace gppo;

namespace {

/// Nothing, with a warning, where the processor has no bf16 products.
std::optional<Cpu> bf16_cpu(int threads) {
    try {
        return Cpu(threads, Precision::bf16, OneDnnBf16(threads));
    } catch (const Error& error) {
        WARN(error.what());
        return std::nullopt;
    }
}

}  // namespace

TEST_CASE("bf16 products are the exact products of rounded factors, summed in fp32",
          "[backend][onednn]") {
    const auto cpu = bf16_cpu(2);
    if (!cpu) return;
    check_bf16_products(*cpu);
}

TEST_CASE("bf16 products give the same bits again, and from another backend", "[backend][onednn]") {
    const auto cpu = bf16_cpu(2), second = bf16_cpu(2);
    if (!cpu) return;
    const auto a = random_values(300 * 128, 1), b = random_values(96 * 128, 2);
    std::vector<float> once(300 * 96), again(300 * 96), other(300 * 96);
    const Gemm g{300, 96, 128, false, true};
    cpu->gemm(g, a.data(), b.data(), once.data());
    cpu->gemm(g, a.data(), b.data(), again.data());
    second->gemm(g, a.data(), b.data(), other.data());
    CHECK(once == again);
    CHECK(once == other);
}
