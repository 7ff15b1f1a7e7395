// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/gppo.hpp>

#include <string>

using namespace gppo;
using Catch::Matchers::Contains;

static_assert(go_together<Gppo, TokenMean, TokenTis>());
static_assert(go_together<Gmpo, SequenceMeanTokenMean, NoCorrection>());
static_assert(go_together<Gspo, TokenMean, SequenceTis>());  // TRL and slime do that

TEST_CASE("every rule is broken by something, and says what to do", "[objective][legality]") {
    CHECK(first_broken(combination_of<Gmpo, TokenMean, NoCorrection>()) == 0);
    CHECK(first_broken(combination_of<Luspo, SequenceMeanTokenSum, NoCorrection>()) == 1);
    CHECK(first_broken(combination_of<RolloutRatio<Cispo>, TokenMean, TokenTis>()) == 2);
    CHECK(first_broken(combination_of<Vespo, TokenMean, IcePop>()) == 3);
    CHECK(rules.size() == 4);
    for (const Rule& rule : rules)
        CHECK((rule.sentence.find("use ") != std::string::npos ||
               rule.sentence.find("leave ") != std::string::npos));
}

TEST_CASE("the table refuses at run time what it refuses when compiled", "[objective][legality]") {
    CHECK_THROWS_WITH(expects_legal(combination_of<Gmpo, TokenMean, NoCorrection>()),
                      Contains("SequenceMeanTokenMean"));
    CHECK_THROWS_WITH(expects_legal(combination_of<RolloutRatio<Cispo>, TokenMean, TokenTis>()),
                      Contains("twice"));
    CHECK_NOTHROW(expects_legal(combination_of<Gppo, TokenSum, IcePop>()));
}
