// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/cpu.hpp>

using namespace gppo;

TEST_CASE("a CPU of any number of threads gives bitwise the serial numbers of one", "[cpu]") {
    const auto seed = GENERATE(1u, 2u);
    INFO("seed " << seed);
    RandomBatch random(seed, {.prompts = 20, .longest = 3000, .masked = seed == 2u ? 0.1 : 0.0});
    const Batch<> batch = random.view();
    const Objective objective{GroupNorm{},         DualClip{Gppo{}, 10.0f}, SequenceMeanTokenMean{},
                              KlTerm{K3{}, 0.01f}, EntropyBonus{0.01f},     Positives{0.1f}};
    objective.prepare(random.rewards, batch);
    Diagnostics first;
    const Loss expected = evaluate(Cpu{1}, objective, batch, random.dlogp, random.dentropy, first);
    const auto dlogp = random.dlogp;
    for (const int threads : {2, 3, 7}) {
        Diagnostics other;
        const Loss loss =
            evaluate(Cpu{threads}, objective, batch, random.dlogp, random.dentropy, other);
        CHECK(loss.value == expected.value);
        CHECK(loss.kl == expected.kl);
        CHECK(random.dlogp == dlogp);
        CHECK(other.mass() == first.mass());
        CHECK(other.ratio == first.ratio);
    }
    CHECK(evaluate(serial, objective, batch, random.dlogp, random.dentropy).value ==
          Approx(expected.value).epsilon(1e-6));
}
