// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"

#include <gppo/model/lora.hpp>

#include <cmath>

using namespace gppo;
using Catch::Contains;

namespace {

LoraConfig small_lora() {
    LoraConfig c;
    c.rank = 3, c.alpha = 4.5, c.target_modules = {"q_proj", "v_proj", "down_proj"};
    return c;
}

struct AdaptedModel {
    Cpu cpu{1};
    Qwen3<Cpu> model;
    Lora<Cpu> lora;
    test::TinyBatch batch;

    AdaptedModel() : model(cpu, test::tiny_config()), lora(cpu, model.config(), small_lora()) {
        model.initialize(3);
        lora.keep_base(model.weights());
        lora.initialize(5);
        for (Index i = 0; i < lora.weights().size; ++i)  // B is zero at first, which hides A
            lora.weights()[i] += 0.02f * static_cast<float>(i % 7 - 3);
        lora.apply(model.weights());
    }
    /// The sum of the log-probs.
    double loss() {
        std::vector<float> logp(batch.ids.size());
        model.forward(batch.packed(), batch.targets(), 1.0f, logp, {});
        double sum = 0;
        for (const float each : logp) sum += static_cast<double>(each);
        return sum;
    }
};

}  // namespace

TEST_CASE("adapters lie under PEFT's names in PEFT's shapes", "[model][lora]") {
    const Qwen3Config model = test::tiny_config();
    const LoraLayout layout = lora_layout(model, small_lora());
    REQUIRE(layout.modules.size() == 6);
    REQUIRE(layout.tensors.size() == 12);
    CHECK(layout.tensors[0].name ==
          "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight");
    CHECK(layout.tensors[0].shape == std::vector<Index>{3, 10});
    CHECK(layout.tensors[1].name ==
          "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight");
    CHECK(layout.tensors[1].shape == std::vector<Index>{24, 3});
    CHECK(layout.tensors[5].name == "base_model.model.model.layers.0.mlp.down_proj.lora_B.weight");
    CHECK(layout.bases[2].name == "model.layers.0.mlp.down_proj.weight");
    Index count = 0;
    for (const TensorInfo& t : layout.tensors) {
        CHECK(t.offset == count);
        count += t.size();
    }
    CHECK(layout.count == count);
    CHECK(layout.base_count == 2 * (24 * 10 + 12 * 10 + 10 * 14));
    for (const char* wrong : {"lm_head", "embed_tokens", "q_norm", "wq"}) {
        LoraConfig c = small_lora();
        c.target_modules.push_back(wrong);
        CHECK_THROWS_WITH(lora_layout(model, c), Contains(std::string("'") + wrong + "'"));
    }
    LoraConfig c = small_lora();
    c.rank = 0;
    CHECK_THROWS_WITH(lora_layout(model, c), Contains("rank 0"));
}

TEST_CASE("fresh adapters change nothing, bit for bit, and their seed chooses A", "[model][lora]") {
    const Cpu cpu(1);
    Qwen3<Cpu> model(cpu, test::tiny_config());
    model.initialize(3);
    const std::vector<float> before(model.weights().begin(), model.weights().end());
    Lora<Cpu> lora(cpu, model.config(), small_lora());
    lora.keep_base(model.weights());
    lora.initialize(1);
    lora.apply(model.weights());
    CHECK(std::equal(before.begin(), before.end(), model.weights().begin()));
    const std::vector<float> first(lora.weights().begin(), lora.weights().end());
    for (const LoraModule& m : lora.layout().modules) {
        const double bound = 1 / std::sqrt(static_cast<double>(m.in));
        double square = 0;
        for (Index i = m.a; i < m.b; ++i) {
            CHECK(std::abs(static_cast<double>(first[static_cast<std::size_t>(i)])) <= bound);
            square += std::pow(static_cast<double>(first[static_cast<std::size_t>(i)]) / bound, 2);
        }
        CHECK(square / static_cast<double>(m.b - m.a) == Approx(1.0 / 3).margin(0.2));
        for (Index i = m.b; i < m.b + 3 * m.out; ++i)
            CHECK(first[static_cast<std::size_t>(i)] == 0.0f);
    }
    lora.initialize(2);
    CHECK_FALSE(std::equal(first.begin(), first.end(), lora.weights().begin()));
}

TEST_CASE("the weights become base plus scale B A, and nothing else moves", "[model][lora]") {
    AdaptedModel m;
    Qwen3<Cpu> plain(m.cpu, m.model.config());
    plain.initialize(3);
    std::vector<bool> adapted(static_cast<std::size_t>(plain.weights().size));
    const float* const w = m.lora.weights().data;
    for (const LoraModule& at : m.lora.layout().modules)
        for (Index o = 0; o < at.out; ++o)
            for (Index i = 0; i < at.in; ++i) {
                double sum = 0;
                for (Index r = 0; r < 3; ++r)
                    sum += static_cast<double>(w[at.b + o * 3 + r]) *
                           static_cast<double>(w[at.a + r * at.in + i]);
                const Index place = at.weight + o * at.in + i;
                adapted[static_cast<std::size_t>(place)] = true;
                CHECK(static_cast<double>(m.model.weights()[place]) ==
                      Approx(static_cast<double>(plain.weights()[place]) + 1.5 * sum).margin(1e-6));
            }
    for (Index i = 0; i < plain.weights().size; ++i)
        if (!adapted[static_cast<std::size_t>(i)])
            CHECK(m.model.weights()[i] == plain.weights()[i]);
    m.lora.apply(m.model.weights());  // not on top of what was there
    const std::vector<float> once(m.model.weights().begin(), m.model.weights().end());
    m.lora.apply(m.model.weights());
    CHECK(std::equal(once.begin(), once.end(), m.model.weights().begin()));
}

TEST_CASE("gradients of the adapters are finite differences", "[model][lora]") {
    AdaptedModel m;
    m.model.zero_gradients();
    m.loss();
    const std::vector<float> ones(m.batch.ids.size(), 1.0f);
    m.model.backward(View<const float>(ones), {});
    m.lora.take_gradients(m.model.gradients());
    for (Index i = 0; i < m.lora.weights().size; i += 5) {
        const float step = 4e-3f, value = m.lora.weights()[i];
        const auto at = [&](float v) {
            m.lora.weights()[i] = v;
            m.lora.apply(m.model.weights());
            return m.loss();
        };
        const double slope =
            (at(value + step) - at(value - step)) / (2 * static_cast<double>(step));
        m.lora.weights()[i] = value;
        INFO("adapter weight " << i);
        CHECK(static_cast<double>(m.lora.gradients()[i]) ==
              Approx(slope).margin(4e-3).epsilon(0.02));
    }
}
