// SPDX-License-Identifier: Apache-2.0
//
// The model and the optimizer never touch a backend's memory from the host: over far memory, where
// that is a fault, they give what they give on the CPU. (To rounding: it is compiled twice.)
#include "backend/far_memory.hpp"
#include "catch.hpp"
#include "model/trained_qwen3.hpp"
#include "random_values.hpp"

using namespace gppo;
using namespace gppo::test;

TEST_CASE("a model over far memory trains as on the CPU", "[model][qwen3]") {
    for (const bool tied : {true, false})
        for (const Activations kept : {Activations::kept, Activations::recomputed}) {
            const Trained near = train_tiny(Cpu(2), tied, kept, 2);
            const Trained far = train_tiny(FarMemory(2), tied, kept, 2);
            check_trained(near, far);
        }
}

TEST_CASE("an empty batch of targets goes through far memory, too", "[model][qwen3]") {
    const FarMemory far(1);
    Qwen3<FarMemory> model(far, tiny_config());
    const TinyBatch batch;
    model.forward(batch.packed(), {}, 1.0f, {}, {});
    model.backward({}, {});
    CHECK(squared_norm(far, View<const float>(model.gradients())) == 0.0);
}
