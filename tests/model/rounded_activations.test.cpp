// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/model/qwen3.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gppo;
using namespace gppo::test;

namespace gppo::rounded_test {
namespace {

struct Answer {
    std::vector<float> logp = std::vector<float>(7), entropy = logp, gradients;
};

template <class K>
Answer answer(const K& backend, Activations kept, int passes) {
    Qwen3<K> model(backend, tiny_config(), kept);
    model.initialize(1);
    const TinyBatch batch;
    Answer a;
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f}, dentropy{0, 1, 0, -1, 1, 0.2f, 0};
    for (int pass = 0; pass < passes; ++pass) {
        model.zero_gradients();
        model.forward(batch.packed(), batch.targets(), 1.0f, a.logp, a.entropy);
        model.backward(dlogp, dentropy);
    }
    a.gradients.resize(static_cast<std::size_t>(model.gradients().size));
    backend.download(View<const float>(model.gradients()), View<float>(a.gradients));
    return a;
}

/// How far each tensor's gradient is from `exact`, as a part of it, at most; above 0 in all but the
/// last norm's, which no layer comes after.
void check_rounded(const Answer& exact, const Answer& rounded) {
    for (const TensorInfo& at : qwen3_tensors(tiny_config())) {
        double off = 0, all = 0;
        for (Index i = at.offset; i < at.offset + at.size(); ++i) {
            const auto n = static_cast<std::size_t>(i);
            const double x = exact.gradients[n], y = rounded.gradients[n];
            off += (x - y) * (x - y), all += x * x;
        }
        CAPTURE(at.name);
        CHECK(std::sqrt(off / all) <
              0.02);  // of numbers off by 2^-9 at most; 0.009 was the largest
        if (at.name != "model.norm.weight") CHECK(off > 0);
    }
}

}  // namespace

TEST_CASE("rounded activations change no log-prob, and gradients by their rounding",
          "[model][qwen3]") {
    const Cpu cpu(2);
    const Answer exact = answer(cpu, Activations::kept, 1);
    for (const int passes : {1, 2}) {  // the second begins with what the first put away
        const Answer rounded = answer(cpu, Activations::rounded, passes);
        CHECK(rounded.logp == exact.logp);
        CHECK(rounded.entropy == exact.entropy);
        check_rounded(exact, rounded);
    }
}

TEST_CASE("activations are rounded in far memory", "[model][qwen3]") {
    const Answer exact = answer(Cpu(1), Activations::kept, 1);
    const Answer rounded = answer(FarMemory(2), Activations::rounded, 2);
    CHECK(distance(exact.logp, rounded.logp) < 1e-5f);
    check_rounded(exact, rounded);
}

TEST_CASE("what comes back is what was put away, rounded", "[model]") {
    const Cpu cpu(2);
    const Qwen3Config c = tiny_config();
    const Qwen3Layout layout = qwen3_layout(c);
    const std::vector<float> weights = random_values(layout.count, 3);
    constexpr Index tokens = 9;
    LayerActivations<Cpu> a;
    a.resize(c, tokens);
    std::vector<FloatBuffer<Cpu>*> parts{&a.x1, &a.qkv, &a.rotated, &a.attention, &a.gate_up};
    std::vector<std::vector<float>> before;
    Buffer<float> x(tokens * c.hidden_size);
    for (Index i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
    for (FloatBuffer<Cpu>* part : parts) {
        before.push_back(random_values(part->size(), static_cast<std::uint64_t>(part->size())));
        std::copy(before.back().begin(), before.back().end(), part->data());
    }
    a.log_sum_exp[3] = 0.1f, a.head_scale[5] = 0.3f;
    const std::vector<float> put(x.view().begin(), x.view().end());
    RoundedActivations<Cpu> rounded(cpu);
    rounded.keep(c, x.view(), a);
    for (FloatBuffer<Cpu>* part : parts) std::fill_n(part->data(), part->size(), -1.0f);
    std::fill_n(x.data(), x.size(), -1.0f);
    ReadWeights<Cpu> read(cpu, layout.tensors);
    read.read(View<const float>(weights));
    rounded.restore(c, layout.layers[1], read, x.view(), a);
    const auto same = [](const std::vector<float>& was, View<const float> is) {
        REQUIRE(is.size == std::ssize(was));
        for (Index i = 0; i < is.size; ++i)
            REQUIRE(is[i] == bf16_to_float(float_to_bf16(was[static_cast<std::size_t>(i)])));
    };
    same(put, x.view());
    for (std::size_t n = 0; n < parts.size(); ++n) same(before[n], parts[n]->view());
    CHECK(a.log_sum_exp[3] == 0.1f);
    CHECK(a.head_scale[5] == 0.3f);
    for (Index t = 0; t < tokens; ++t) {  // the norms are of what came back
        double squares = 0;
        for (Index i = 0; i < c.hidden_size; ++i)
            squares += std::pow(static_cast<double>(x[t * c.hidden_size + i]), 2);
        const double r = 1 / std::sqrt(squares / static_cast<double>(c.hidden_size) + 1e-6);
        CHECK(static_cast<double>(a.scale[t]) == Approx(r).epsilon(1e-5));
        const double w =
            static_cast<double>(weights[static_cast<std::size_t>(layout.layers[1].input_norm + 2)]);
        CHECK(static_cast<double>(a.normed[t * c.hidden_size + 2]) ==
              Approx(w * r * static_cast<double>(x[t * c.hidden_size + 2])).margin(1e-5));
    }
}

}  // namespace gppo::rounded_test
