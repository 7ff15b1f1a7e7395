// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"
#include "backend/torch/torch_far.hpp"
#include "model/trained_qwen3.hpp"
#include "torch.hpp"

using namespace gppo;
using namespace gppo::test;

TEST_CASE("what is uploaded comes back, in parts, too", "[torch]") {
    const TorchFar far;
    auto there = far.allocate<std::int32_t>(5);
    const std::vector<std::int32_t> sent{3, 1, 2};
    far.upload(View<const std::int32_t>(sent), there.view().slice(1, 3));
    std::vector<std::int32_t> back(5, -1);
    far.download(there.view(), View<std::int32_t>(back));
    CHECK(back == std::vector<std::int32_t>{0, 3, 1, 2, 0});
    far.upload({}, there.view().slice(0, 0));
    far.download({}, View<std::int32_t>());
}

TEST_CASE("a device's products agree with the CPU backend's for every transpose, beta and stride",
          "[torch]") {
    for_each_product({{1, 1, 1}, {1, 97, 40}, {33, 70, 65}, {9, 7, 3000}}, {0.0f, 1.0f, 0.5f},
                     [](const Gemm& g) {
                         const ProductInput in(g);
                         std::vector<float> ours = in.c, expected = in.c;
                         TorchFar().gemm(g, in.a.data(), in.b.data(), ours.data());
                         Cpu(1).gemm(g, in.a.data(), in.b.data(), expected.data());
                         REQUIRE(distance(ours, expected) < 3e-6f);
                     });
}

TEST_CASE("a model on LibTorch's device trains as on the CPU backend", "[torch]") {
    for (const bool tied : {true, false})
        for (const Activations kept : {Activations::kept, Activations::recomputed}) {
            const Trained near = train_tiny(Cpu(1), tied, kept, 3);
            const Trained far = train_tiny(TorchFar(), tied, kept, 3);
            check_trained(near, far);
        }
}
