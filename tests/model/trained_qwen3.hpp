// SPDX-License-Identifier: Apache-2.0
//
// A tiny Qwen3 trained for some steps over any backend, through everything that the model has.
#pragma once

#include "catch.hpp"
#include "model/tiny_qwen3.hpp"
#include "random_values.hpp"

#include <gppo/model/qwen3.hpp>
#include <gppo/train/adamw.hpp>

#include <vector>

namespace gppo::test {

/// What training steps over a backend leave, and what they saw.
struct Trained {
    std::vector<float> logits, logp, entropy, hidden, gradients, weights;
    double norm = 0;
};

template <class K>
std::vector<float> on_host(const K& backend, View<const float> x) {
    std::vector<float> copy(static_cast<std::size_t>(x.size));
    backend.download(x, View<float>(copy));
    return copy;
}

template <class K>
Trained train_tiny(const K& backend, bool tied, Activations kept, Index steps) {
    const TinyBatch batch;
    Qwen3<K> model(backend, tiny_config(tied), kept);
    model.initialize(7);
    Trained seen{std::vector<float>(batch.tokens.size() * 13),
                 std::vector<float>(7),
                 std::vector<float>(7),
                 std::vector<float>(70),
                 {},
                 {}};
    model.logits(batch.packed(), seen.logits);
    auto m = backend.template allocate<float>(model.layout().count);
    auto v = backend.template allocate<float>(model.layout().count);
    const std::vector<float> dlogp{1, -1, 0.5f, 2, 0, 1, -0.3f}, dentropy{0, 1, 0, -1, 1, 0.2f, 0};
    const std::vector<float> dhidden(70, 0.1f);
    for (Index step = 1; step <= steps; ++step) {
        model.zero_gradients();
        model.forward(batch.packed(), batch.targets(), 0.9f, seen.logp, seen.entropy);
        model.backward(dlogp, dentropy);
        model.forward(batch.packed(), batch.targets(), 1.0f, seen.logp, {});
        model.backward(dlogp, {});
        // From what the pass itself says of each token.
        std::vector<float> c(7), e(7);
        model.learn(batch.packed(), batch.targets(), 1.1f, {seen.logp, seen.entropy, c, e},
                    [&](Index first, Index count) {
                        for (auto n = static_cast<std::size_t>(first);
                             n < static_cast<std::size_t>(first + count); ++n)
                            c[n] = dlogp[n] * seen.logp[n], e[n] = dentropy[n] * seen.entropy[n];
                    });
        model.forward_hidden(batch.packed(), batch.rows, seen.hidden);
        model.backward_hidden(dhidden);
        seen.gradients = on_host(backend, model.gradients());
        seen.norm = squared_norm(backend, View<const float>(model.gradients()));
        adamw_step(backend, model.tensors(), model.weights(), model.gradients(), m.view(), v.view(),
                   AdamWOptions{.lr = 0.01f, .eps = 0.1f, .weight_decay = 0.1f}, step, 0.5f);
    }
    seen.weights = on_host(backend, model.weights());
    return seen;
}

/// The same but for rounding.
inline void check_trained(const Trained& near, const Trained& far) {
    CHECK(distance(near.logits, far.logits) < 1e-5f);
    CHECK(distance(near.logp, far.logp) < 1e-5f);
    CHECK(distance(near.entropy, far.entropy) < 1e-5f);
    CHECK(distance(near.hidden, far.hidden) < 1e-5f);
    CHECK(distance(near.gradients, far.gradients) < 1e-5f);
    CHECK(near.norm == Approx(far.norm).epsilon(1e-5));
    CHECK(distance(near.weights, far.weights) < 1e-5f);
}

}  // namespace gppo::test
