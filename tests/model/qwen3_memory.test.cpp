// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/decoder_layer.hpp>
#include <gppo/model/qwen3_decode.hpp>
#include <gppo/model/qwen3_memory.hpp>
#include <gppo/model/qwen3_sizes.hpp>

using gppo::Index;

TEST_CASE("Qwen3-8B takes what a sheet of paper says", "[model][memory]") {
    const gppo::Qwen3Memory m = gppo::qwen3_memory(gppo::published_qwen3("Qwen3-8B").value());
    // 2 x 151936 x 4096 embedding and head; a layer 2 x 4096 x 4096 for q and o, 2 x 1024 x 4096
    // for k and v, 3 x 4096 x 12288, norms 2 x 4096 + 2 x 128; the last norm.
    CHECK(m.parameters == 1244659712 + 36ll * (33554432 + 8388608 + 150994944 + 8448) + 4096);
    CHECK(m.weights == 32762941440);
    CHECK(m.gradients == 32762941440);
    CHECK(m.moments == 65525882880);
    // A layer: 12288 + 2 + 6144 + 5120 + 40 + 4096 + 32 + 24576 = 52298 floats; 37 inputs of 4096;
    // scratch 12288 + 8192 + 4096 + 6144; head 8192.
    CHECK(gppo::layer_floats(gppo::published_qwen3("Qwen3-8B").value()) == 52298);
    CHECK(m.activation == 4ll * (36 * 52298 + 37 * 4096 + 30720 + 8192));
    CHECK(m.key_value == 2ll * 36 * 8 * 128 * 4);
    // All but the embedding and the norms, in fp32 and in bf16.
    const Index packed = 622329856 + 36ll * (33554432 + 8388608 + 150994944);
    CHECK(m.sampler == 4 * packed);
    CHECK(gppo::qwen3_memory(gppo::published_qwen3("Qwen3-8B").value(),
                             gppo::Activations::recomputed, gppo::Precision::bf16)
              .sampler == 2 * packed);
}

TEST_CASE("the estimate is what the engine allocates", "[model][memory]") {
    gppo::Qwen3Config c;
    c.vocab_size = 48, c.hidden_size = 20, c.intermediate_size = 36, c.num_hidden_layers = 3;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 16;
    const gppo::Cpu cpu(1);
    const gppo::Qwen3Memory m = gppo::qwen3_memory(c);
    gppo::Qwen3<gppo::Cpu> model(cpu, c);
    CHECK(m.weights == 4 * model.weights().size);
    CHECK(m.gradients == 4 * model.gradients().size);
    gppo::LayerActivations<gppo::Cpu> a;
    a.resize(c, 7);
    const Index floats = a.x1.size() + a.normed.size() + a.post_normed.size() + a.scale.size() +
                         a.post_scale.size() + a.qkv.size() + a.rotated.size() +
                         a.head_scale.size() + a.attention.size() + a.log_sum_exp.size() +
                         a.gate_up.size();
    CHECK(floats == 7 * gppo::layer_floats(c));
    gppo::KeyValueCache cache({4, 2, 16, 1.0f}, 3);
    cache.acquire(64);
    CHECK(4 * cache.size() == 64 * m.key_value);
    // Recomputing keeps one layer.
    CHECK(m.activation - gppo::qwen3_memory(c, gppo::Activations::recomputed).activation ==
          4 * 2 * gppo::layer_floats(c));
}
