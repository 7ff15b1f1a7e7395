// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"

#include <gppo/backend/factor.hpp>

namespace gppo::factor_test {
namespace {

std::vector<std::uint16_t> halves_of(const std::vector<float>& x) {
    std::vector<std::uint16_t> halves;
    for (const float value : x) halves.push_back(float_to_bf16(value));
    return halves;
}
std::vector<float> rounded(std::vector<float> x) {
    for (float& value : x) value = rounded_to_bf16(value);
    return x;
}

}  // namespace

TEST_CASE("a factor reads what it points to, from any element on", "[backend]") {
    const std::vector<float> floats{1.0f, -2.5f, 3.0f};
    const std::vector<std::uint16_t> halves = halves_of(floats);
    for (const Factor all : {Factor(floats.data()), Factor(halves.data())})
        for (Index first = 0; first < 3; ++first)
            CHECK((all + first)[0] == floats[static_cast<std::size_t>(first)]);
    CHECK(Factor(halves.data()).is_bf16());
    CHECK(Factor(nullptr).data == nullptr);
}

TEST_CASE("products of factors that are kept in bf16 are those of the same numbers in fp32",
          "[backend]") {
    const Cpu cpu(2, GENERATE(Precision::fp32, Precision::bf16));
    for_each_product({{1, 1, 1}, {5, 7, 9}, {65, 70, 129}, {9, 33, 1100}}, {0.0f, 1.0f, 0.5f},
                     [&](const Gemm& g) {
                         const ProductInput in(g);
                         const std::vector<float> a = rounded(in.a), b = rounded(in.b);
                         const std::vector<std::uint16_t> half_a = halves_of(a),
                                                          half_b = halves_of(b);
                         std::vector<float> want = in.c;
                         cpu.gemm(g, a.data(), b.data(), want.data());
                         const auto check = [&](Factor left, Factor right) {
                             std::vector<float> got = in.c;
                             cpu.gemm(g, left, right, got.data());
                             CHECK(got == want);
                         };
                         check(a.data(), half_b.data());
                         check(half_a.data(), b.data());
                         check(half_a.data(), half_b.data());
                     });
}

TEST_CASE("weights that are kept in bf16 are packed for decoding as the same numbers in fp32",
          "[backend]") {
    const Cpu cpu(2, GENERATE(Precision::fp32, Precision::bf16));
    for (const Index k : {1, 129, 300}) {
        const auto x = random_values(9 * k, 1), w = rounded(random_values(45 * k, 2));
        const std::vector<std::uint16_t> halves = halves_of(w);
        std::vector<float> got(9 * 45), want(9 * 45);
        Panels panels;
        cpu.pack(45, k, w.data(), panels);
        cpu.packed_product(panels, 9, x.data(), want.data(), false);
        cpu.pack(45, k, halves.data(), panels);
        cpu.packed_product(panels, 9, x.data(), got.data(), false);
        CHECK(got == want);
    }
}

}  // namespace gppo::factor_test
