// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

#include "backend/products.hpp"
#include "model/tiny_qwen3.hpp"

using namespace gppo;

TEST_CASE("ATen's products agree with the CPU backend's for every transpose, beta and stride",
          "[torch]") {
    for_each_product({{1, 1, 1}, {1, 97, 40}, {33, 70, 65}, {9, 7, 3000}}, {0.0f, 1.0f, 0.5f},
                     [](const Gemm& g) {
                         const ProductInput in(g);
                         std::vector<float> ours = in.c, expected = in.c;
                         Torch().gemm(g, in.a.data(), in.b.data(), ours.data());
                         Cpu(1).gemm(g, in.a.data(), in.b.data(), expected.data());
                         REQUIRE(distance(ours, expected) < 3e-6f);
                     });
}

TEST_CASE("ATen's products read factors that are kept in bf16", "[torch]") {
    for_each_product({{5, 7, 9}, {33, 70, 65}}, {0.0f, 1.0f}, [](const Gemm& g) {
        const ProductInput in(g);
        std::vector<std::uint16_t> halves;
        for (const float value : in.b) halves.push_back(float_to_bf16(value));
        std::vector<float> ours = in.c, expected = in.c;
        Torch().gemm(g, in.a.data(), halves.data(), ours.data());
        Cpu(1).gemm(g, in.a.data(), halves.data(), expected.data());
        REQUIRE(distance(ours, expected) < 3e-6f);
    });
}

TEST_CASE("with beta zero ATen never reads C", "[torch]") {
    const std::vector<float> a(64, 1.0f);
    std::vector<float> c(16, std::nanf(""));
    Torch().gemm({4, 4, 16, false, true}, a.data(), a.data(), c.data());
    CHECK(c == std::vector<float>(16, 16.0f));
}

namespace {

/// One step's numbers of a tiny Qwen3: log-probs, entropies and the gradient of random weights on
/// them.
template <class K>
std::vector<std::vector<float>> pass_of(const K& backend, bool tied) {
    Qwen3<K> model(backend, test::tiny_config(tied));
    model.initialize(5);
    const test::TinyBatch batch;
    const auto rows = static_cast<Index>(batch.rows.size());
    std::vector<float> logp(batch.rows.size()), entropy(batch.rows.size());
    model.forward(batch.packed(), batch.targets(), 0.8f, logp, entropy);
    const std::vector<float> dlogp = random_values(rows, 1), dentropy = random_values(rows, 2);
    model.zero_gradients();
    model.backward(dlogp, dentropy);
    const auto gradient = model.gradients();
    return {logp, entropy, std::vector<float>(gradient.begin(), gradient.end())};
}

}  // namespace

TEST_CASE("a model gives the same numbers on LibTorch as on the CPU backend", "[torch]") {
    for (const bool tied : {true, false}) {
        const auto ours = pass_of(Torch(), tied), expected = pass_of(Cpu(1), tied);
        CHECK(distance(ours[0], expected[0]) < 1e-5f);
        CHECK(distance(ours[1], expected[1]) < 1e-5f);
        CHECK(distance(ours[2], expected[2]) < 1e-5f);
    }
}
