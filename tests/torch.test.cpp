// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

using namespace gppo;

TEST_CASE("the umbrella brings the objectives and their tensor form", "[torch]") {
    RandomBatch random(1);
    TensorBatch batch = tensors_of(random);
    const Objective objective{GroupNorm{}, Gppo{}, TokenMean{}};
    prepare(objective, tensor_of(random.rewards), batch);
    const TensorLoss out = evaluate(objective, tensor_of(random.logp), batch);
    CHECK(out.dlogp.numel() == static_cast<Index>(random.logp.size()));
    CHECK(out.loss.non_finite.count == 0);
}
