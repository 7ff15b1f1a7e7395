// SPDX-License-Identifier: Apache-2.0
// Parity with transformers is tests/oracle/qwen3.py; here is what must hold without it.
#include "kernel/finite_difference.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/model/qwen3.hpp>

using namespace gppo;
using namespace gppo::test;

namespace {

struct Answer {
    std::vector<float> logp, entropy, gradients;
};

Answer run(Qwen3<Cpu>& model, const TinyBatch& batch, float temperature = 1.0f) {
    Answer a{std::vector<float>(7), std::vector<float>(7), {}};
    model.zero_gradients();
    model.forward(batch.packed(), batch.targets(), temperature, a.logp, a.entropy);
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f}, dentropy{0, 1, 0, -1, 1, 0.2f, 0};
    model.backward(dlogp, dentropy);
    a.gradients.assign(model.gradients().begin(), model.gradients().end());
    return a;
}

}  // namespace

TEST_CASE("the fused head agrees with log-softmax of the logits", "[model][qwen3]") {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, tiny_config(false));
    model.initialize(3);
    const TinyBatch batch;
    const Answer a = run(model, batch, 0.8f);
    std::vector<float> logits(batch.tokens.size() * 13);
    model.logits(batch.packed(), logits);
    for (std::size_t n = 0; n < batch.rows.size(); ++n) {
        const float* row = logits.data() + batch.rows[n] * 13;
        double sum = 0;
        for (int v = 0; v < 13; ++v) sum += std::exp(static_cast<double>(row[v]) / 0.8);
        CHECK(static_cast<double>(a.logp[n]) ==
              Approx(static_cast<double>(row[batch.ids[n]]) / 0.8 - std::log(sum)).margin(1e-5));
    }
}

TEST_CASE("the whole model's gradient is the slope of its loss", "[model][qwen3]") {
    const Cpu cpu(2);
    for (const bool tied : {true, false}) {
        Qwen3<Cpu> model(cpu, tiny_config(tied));
        model.initialize(5);
        const TinyBatch batch;
        const Answer a = run(model, batch);
        const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f};
        const std::vector<float> dentropy{0, 1, 0, -1, 1, 0.2f, 0};
        std::vector<float> w(model.weights().begin(), model.weights().end());
        check_slope(
            w, a.gradients,
            [&] {
                std::copy(w.begin(), w.end(), model.weights().begin());
                std::vector<float> logp(7), entropy(7);
                model.forward(batch.packed(), batch.targets(), 1.0f, logp, entropy);
                return dot(logp, dlogp) + dot(entropy, dentropy);
            },
            1e-2, 3e-3f);
    }
}

TEST_CASE("learning in one pass is forward and backward", "[model][qwen3]") {
    const Cpu cpu(2);
    for (const Activations kept : {Activations::kept, Activations::recomputed}) {
        Qwen3<Cpu> model(cpu, tiny_config(), kept);
        model.initialize(4);
        const TinyBatch batch;
        const Answer two = run(model, batch, 0.8f);
        const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f};
        const std::vector<float> dentropy{0, 1, 0, -1, 1, 0.2f, 0};
        std::vector<float> logp(7), entropy(7), c(7), e(7);
        model.zero_gradients();
        Index asked = 0;
        model.learn(batch.packed(), batch.targets(), 0.8f, {logp, entropy, c, e},
                    [&](Index first, Index count) {
                        CHECK(first == asked);
                        for (Index n = first; n < first + count; ++n) {
                            const auto at = static_cast<std::size_t>(n);
                            CHECK(logp[at] == Approx(two.logp[at]).epsilon(1e-5));
                            c[at] = dlogp[at], e[at] = dentropy[at];
                        }
                        asked += count;
                    });
        CHECK(asked == 7);
        CHECK(distance(entropy, two.entropy) < 1e-5f);
        CHECK(distance({model.gradients().begin(), model.gradients().end()}, two.gradients) <
              1e-5f);
        CHECK_THROWS_AS(model.backward(dlogp, {}), Error);
    }
}

TEST_CASE("recomputation changes no bit, and gradients add up", "[model][qwen3]") {
    const Cpu cpu(2);
    Qwen3<Cpu> kept(cpu, tiny_config()), recomputed(cpu, tiny_config(), Activations::recomputed);
    kept.initialize(1), recomputed.initialize(1);
    const TinyBatch batch;
    const Answer a = run(kept, batch), b = run(recomputed, batch);
    CHECK(a.logp == b.logp);
    CHECK(a.gradients == b.gradients);
    std::vector<float> logp(7);
    kept.forward(batch.packed(), batch.targets(), 1.0f, logp, {});
    const std::vector<float> ones(7, 1.0f);
    kept.backward(ones, {});
    CHECK(a.gradients != std::vector<float>(kept.gradients().begin(), kept.gradients().end()));
}

TEST_CASE("a sequence's log-probs do not depend on its neighbours", "[model][qwen3]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, tiny_config());
    model.initialize(2);
    const TinyBatch batch;
    const Answer together = run(model, batch);
    const std::vector<std::int32_t> tokens{6, 7, 8, 1, 1, 12}, ids{7, 1, 12, 0};
    const std::vector<Index> offsets{0, 6}, rows{0, 3, 4, 5};
    std::vector<float> alone(4);
    model.forward({tokens, offsets}, {rows, ids}, 1.0f, alone, {});
    for (std::size_t n = 0; n < 4; ++n)
        CHECK(alone[n] == Approx(together.logp[n + 3]).margin(1e-6));
}

TEST_CASE("the same seed initialises the same weights on any number of threads", "[model][qwen3]") {
    const Cpu one(1), three(3);
    Qwen3<Cpu> a(one, tiny_config()), b(three, tiny_config());
    a.initialize(9), b.initialize(9);
    CHECK(std::equal(a.weights().begin(), a.weights().end(), b.weights().begin()));
    b.initialize(10);
    CHECK_FALSE(std::equal(a.weights().begin(), a.weights().end(), b.weights().begin()));
    for (const TensorInfo& tensor : a.tensors())
        if (tensor.shape.size() == 1)
            for (const float x : a.weights().slice(tensor.offset, tensor.size())) CHECK(x == 1.0f);
}

TEST_CASE("bad batches are refused in one line", "[model][qwen3]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, tiny_config());
    std::vector<float> logp(7);
    CHECK_THROWS_WITH(model.backward(logp, {}), Catch::Matchers::Contains("no forward"));
    TinyBatch batch;
    batch.tokens[3] = 13;
    CHECK_THROWS_WITH(model.forward(batch.packed(), batch.targets(), 1.0f, logp, {}),
                      Catch::Matchers::Contains("input 3 is token 13"));
    batch = {}, batch.ids[0] = -1;
    CHECK_THROWS_AS(model.forward(batch.packed(), batch.targets(), 1.0f, logp, {}), Error);
    batch = {}, batch.rows[1] = 0;
    CHECK_THROWS_WITH(model.forward(batch.packed(), batch.targets(), 1.0f, logp, {}),
                      Catch::Matchers::Contains("rows must increase"));
    batch = {}, batch.offsets[3] = 10;
    CHECK_THROWS_AS(model.forward(batch.packed(), batch.targets(), 1.0f, logp, {}), Error);
    batch = {};
    CHECK_THROWS_AS(model.forward(batch.packed(), batch.targets(), 0.0f, logp, {}), Error);
    CHECK_THROWS_AS(model.forward(batch.packed(), batch.targets(), 1.0f, View<float>{}, {}), Error);
}
