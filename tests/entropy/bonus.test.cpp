// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>

using namespace gppo;

TEST_CASE("the entropy bonus lowers the loss by its mean and pulls evenly", "[entropy][bonus]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    RandomBatch random(seed);
    const Batch<> batch = random.view();
    const Objective plain{GroupNorm{}, Gppo{}, TokenMean{}};
    const Objective with{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{NoKl{}}, EntropyBonus{0.01f}};
    plain.prepare(random.rewards, batch);
    const Loss without_bonus = evaluate(serial, plain, batch, random.dlogp);
    const std::vector<float> dlogp = random.dlogp;
    const Loss loss = evaluate(serial, with, batch, random.dlogp, random.dentropy);

    double mean = 0.0;
    for (const float h : random.entropy) mean += static_cast<double>(h);
    mean /= static_cast<double>(random.entropy.size());
    CHECK(loss.entropy == Approx(mean).epsilon(1e-5));
    CHECK(without_bonus.entropy == Approx(mean).epsilon(1e-5));
    CHECK(loss.value == Approx(without_bonus.value - 0.01 * mean).epsilon(1e-5));
    CHECK(random.dlogp == dlogp);
    for (const float d : random.dentropy)
        CHECK(d == Approx(-0.01 / static_cast<double>(random.entropy.size())));
}

TEST_CASE("a bonus without entropies or a place for their gradient is an error",
          "[entropy][bonus]") {
    RandomBatch random(1);
    const Objective with{GroupNorm{}, Gppo{}, TokenMean{}, KlTerm{NoKl{}}, EntropyBonus{0.01f}};
    with.prepare(random.rewards, random.view());
    CHECK_THROWS_AS(evaluate(serial, with, random.view(), random.dlogp), Error);
    random.entropy.clear();
    CHECK_THROWS_AS(evaluate(serial, with, random.view(), random.dlogp, random.dentropy), Error);
}
