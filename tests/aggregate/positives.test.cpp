// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/gppo.hpp>

using namespace gppo;

static_assert(Positives{}.coefficient == 0.0f);

TEST_CASE("the SFT loss on positives is the mean NLL of all positive tokens of the step",
          "[aggregate][positives]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    INFO("seed " << seed);
    RandomBatch random(seed);
    random.positive[0] = 1;
    const Batch<> batch = random.view();
    const Objective objective{GroupNorm{},    Gppo{},         TokenMean{},
                              KlTerm{NoKl{}}, EntropyBonus{}, Positives{.coefficient = 0.1f}};
    objective.prepare(random.rewards, batch);
    std::fill(random.advantage.begin(), random.advantage.end(), 0.0f);
    const Loss loss = evaluate(serial, objective, batch, random.dlogp);

    double sum = 0.0, tokens = 0.0;
    for (Index b = 0; b < batch.sequences(); ++b)
        for (Index t = batch.offsets[b]; t < batch.offsets[b + 1] && batch.positive[b]; ++t)
            sum -= static_cast<double>(batch.logp[t]), tokens += 1.0;
    CHECK(loss.positive == Approx(sum / tokens).epsilon(1e-5));
    CHECK(loss.value == Approx(0.1 * sum / tokens).epsilon(1e-5));
    for (Index b = 0; b < batch.sequences(); ++b)
        CHECK(random.dlogp[static_cast<std::size_t>(batch.offsets[b])] ==
              Approx(batch.positive[b] ? -0.1 / tokens : 0.0));
}

TEST_CASE("without positives the SFT loss is zero", "[aggregate][positives]") {
    RandomBatch random(4);
    std::fill(random.positive.begin(), random.positive.end(), std::uint8_t{0});
    const Objective objective{GroupNorm{},    Gppo{},         TokenMean{},
                              KlTerm{NoKl{}}, EntropyBonus{}, Positives{.coefficient = 0.1f}};
    objective.prepare(random.rewards, random.view());
    CHECK(evaluate(serial, objective, random.view(), random.dlogp).positive == 0.0);
}
