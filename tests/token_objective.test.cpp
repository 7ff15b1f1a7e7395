// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"
#include "random_values.hpp"

#include <gppo/gppo.hpp>
#include <gppo/token_objective.hpp>

using namespace gppo;

TEST_CASE("the pass gives the same for an objective and for what it reads of it") {
    RandomBatch all(3), part(3);
    Objective objective{GroupNorm{},         DualClip{Gppo{.high = 0.28f}, 10.0f},
                        TokenMean{},         KlTerm{K3{}, 1e-2f},
                        EntropyBonus{1e-3f}, Positives{0.1f}};
    objective.prepare(all.rewards, all.view());
    objective.prepare(part.rewards, part.view());
    const Loss want = evaluate(serial, objective, all.view(), all.dlogp, all.dentropy);
    const Loss got =
        evaluate(serial, token_objective(objective), part.view(), part.dlogp, part.dentropy);
    // Compiled apart, the two may contract products and sums differently.
    CHECK(got.value == Approx(want.value).epsilon(1e-6));
    CHECK(got.kl == Approx(want.kl).epsilon(1e-6));
    CHECK(got.positive == Approx(want.positive).epsilon(1e-6));
    CHECK(distance(part.dlogp, all.dlogp) < 1e-6f);
    CHECK(distance(part.dentropy, all.dentropy) < 1e-6f);
}
