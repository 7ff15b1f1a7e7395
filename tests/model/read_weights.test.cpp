// SPDX-License-Identifier: Apache-2.0
//
// A model whose weights are kept in bf16 is the model with the same numbers in fp32.
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/model/qwen3_decode.hpp>
#include <gppo/model/read_weights.hpp>

#include <vector>

using namespace gppo;
using namespace gppo::test;

namespace gppo::read_weights_test {
namespace {

/// What a tiny model computes forward and backward.
struct Computed {
    std::vector<float> logits, logp, entropy, decoded, gradients;
};

template <class K>
Computed compute(const K& backend, Qwen3<K>& model) {
    const TinyBatch batch;
    Computed c{std::vector<float>(11 * 13), std::vector<float>(7), std::vector<float>(7),
               std::vector<float>(13), std::vector<float>(0)};
    model.logits(batch.packed(), c.logits);
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f}, dentropy{0, 1, 0, -1, 1, 0.2f, 0};
    model.zero_gradients();
    model.forward(batch.packed(), batch.targets(), 0.9f, c.logp, c.entropy);
    model.backward(dlogp, dentropy);
    c.gradients.resize(static_cast<std::size_t>(model.layout().count));
    backend.download(View<const float>(model.gradients()), View<float>(c.gradients));
    Qwen3Decoder<K> decoder(model);
    const Index strip = decoder.cache().acquire(4);
    const std::vector<std::int32_t> tokens{1, 2, 3};
    const std::vector<DecodeRow> rows{{0, 0, strip, 1}, {0, 0, strip, 2}, {0, 0, strip, 3}};
    decoder.step(tokens, rows);
    const std::vector<Index> last{2};
    auto out = backend.template allocate<float>(13);
    decoder.logits(last, out.view());
    backend.download(View<const float>(out.view()), View<float>(c.decoded));
    return c;
}

/// Initialised in bf16, and how those weights are in fp32.
template <class K>
std::vector<float> initialised(const K& backend, Qwen3<K>& model) {
    model.initialize(7);
    const StoredView<const float> kept = std::as_const(model).stored_weights();
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(kept.size));
    backend.download(kept.halves(), View<std::uint16_t>(halves));
    std::vector<float> weights(halves.size());
    copy_stored(View<const std::uint16_t>(halves), weights);
    return weights;
}

template <class K>
void check_kept(const K& backend, bool tied, Activations activations) {
    const Cpu cpu(1);
    Qwen3<K> kept(backend, tiny_config(tied), activations, Precision::bf16);
    const std::vector<float> weights = initialised(backend, kept);
    Qwen3<Cpu> wide(cpu, tiny_config(tied), activations);
    wide.initialize(7);
    for (std::size_t i = 0; i < weights.size(); ++i)
        REQUIRE(weights[i] == bf16_to_float(float_to_bf16(wide.weights()[static_cast<Index>(i)])));
    std::copy(weights.begin(), weights.end(), wide.weights().begin());
    const Computed narrow = compute(backend, kept), want = compute(cpu, wide);
    CHECK(distance(narrow.logits, want.logits) < 1e-5f);
    CHECK(distance(narrow.logp, want.logp) < 1e-5f);
    CHECK(distance(narrow.entropy, want.entropy) < 1e-5f);
    CHECK(distance(narrow.decoded, want.decoded) < 1e-5f);
    CHECK(distance(narrow.gradients, want.gradients) < 1e-5f);
}

}  // namespace

TEST_CASE("a model of weights in bf16 computes what its numbers in fp32 do", "[model][qwen3]") {
    for (const bool tied : {true, false})
        for (const Activations activations :
             {Activations::kept, Activations::rounded, Activations::recomputed})
            check_kept(Cpu(2), tied, activations);
}

TEST_CASE("weights in bf16 may lie in far memory", "[model][qwen3]") {
    check_kept(FarMemory(2), true, Activations::kept);
    check_kept(FarMemory(2), false, Activations::rounded);
    check_kept(FarMemory(2), false, Activations::recomputed);
}

TEST_CASE("norms that are read follow weights that change", "[model][qwen3]") {
    const Cpu cpu(1);
    const std::vector<TensorInfo> tensors{{"a", {2, 2}, 0}, {"norm", {3}, 4}, {"other", {2}, 7}};
    std::vector<std::uint16_t> halves(9, 0x3F80);
    ReadWeights<Cpu> read(cpu, tensors);
    read.read(View<const std::uint16_t>(halves));
    CHECK(read.norm(4)[2] == 1.0f);
    halves[6] = 0x4000, halves[7] = 0x4040;
    read.read(View<const std::uint16_t>(halves));
    CHECK(read.norm(4)[2] == 2.0f);
    CHECK(read.norm(7)[0] == 3.0f);
    CHECK((read + 6)[0] == 2.0f);
    const std::vector<float> floats{0, 1, 2, 3, 4, 5, 6, 7, 8};
    read.read(View<const float>(floats));
    CHECK(read.norm(7) == floats.data() + 7);
}

TEST_CASE("weights in bf16 take two bytes, and their norms a copy", "[model][memory]") {
    const FarMemory far(1);
    const Index before = FarUse::now, count = qwen3_layout(tiny_config()).count;
    Qwen3<FarMemory> wide(far, tiny_config()),
        narrow(far, tiny_config(), Activations::kept, Precision::bf16);
    CHECK(FarUse::now - before == 6 * count);
    CHECK_THROWS_AS(narrow.weights(), Error);
    const TinyBatch batch;
    std::vector<float> logp(7);
    const auto taken = [&](Qwen3<FarMemory>& model) {
        const Index held = FarUse::now;
        model.forward(batch.packed(), batch.targets(), 1.0f, logp, {});
        return FarUse::now - held;
    };
    const Index pass = taken(wide);
    CHECK(taken(narrow) == pass + norm_copy_bytes(narrow.tensors()));
}

}  // namespace gppo::read_weights_test
