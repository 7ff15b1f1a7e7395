// SPDX-License-Identifier: Apache-2.0
#include "kernel/finite_difference.hpp"
#include "model/tiny_qwen3.hpp"

#include <gppo/model/decoder_layer.hpp>

using namespace gppo;
using namespace gppo::test;

TEST_CASE("a decoder layer's gradients are slopes in its input and every weight",
          "[model][decoder_layer]") {
    const std::uint64_t seed = random_seed();
    INFO("seed " << seed);
    const Cpu cpu(2);
    const Qwen3Config config = tiny_config();
    const Qwen3Layout layout = qwen3_layout(config);
    const DecoderLayer<Cpu> layer(cpu, config, layout.layers[0]);
    std::vector<float> weights = random_values(layout.count, seed, 1, -0.5f, 0.5f);
    RopeTable<Cpu> rope(cpu, {1e4f}, config.head_dim);
    rope.ensure(4);
    const std::vector<Index> offsets{0, 3, 7};
    const std::vector<std::int32_t> positions{0, 1, 2, 0, 1, 2, 3};
    const PackedLayout packed{7, offsets, positions, rope.angles()};
    std::vector<float> x = random_values(7 * 10, seed, 2), out(x.size());
    const std::vector<float> dout = random_values(7 * 10, seed, 3);
    LayerActivations<Cpu> activations;
    LayerScratch<Cpu> scratch;
    ReadWeights<Cpu> read(cpu, layout.tensors);
    const auto loss = [&] {
        read.read(View<const float>(weights));
        layer.forward(packed, read, x.data(), activations, scratch, out.data());
        return dot(out, dout);
    };
    loss();
    std::vector<float> dx = dout, gradients(weights.size());
    layer.backward(packed, read, x.data(), activations, scratch, dx.data(), gradients.data());
    check_slope(x, dx, loss, 5e-3);
    check_slope(weights, gradients, loss, 5e-3, 3e-3f);
}
