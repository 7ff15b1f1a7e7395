// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "two_phase.hpp"

using namespace gppo;

static_assert(TwoPhasePolicy<Erc<PpoClip>> && TwoPhasePolicy<Erc<Gppo>, double>);

TEST_CASE("a token whose entropy moved too far keeps its value and loses its gradient",
          "[clip][erc]") {
    Doubles batch(1, 12);
    const double j = batch.j(Gppo{});
    const auto plain = batch.dlogp;
    CHECK(batch.j(Erc{Gppo{}}) == j);
    Index silent = 0;
    for (std::size_t t = 0; t < plain.size(); ++t) {
        const double q = (batch.entropy[t] + 1e-8) / (batch.entropy_old[t] + 1e-8);
        const bool kept = q > 1 - double(0.05f) && q < 1 + double(0.05f);
        silent += !kept && plain[t] != 0;
        CHECK(batch.dlogp[t] == (kept ? plain[t] : 0.0));
    }
    CHECK(silent > 0);
}

TEST_CASE("a bound of the entropy ratio is outside", "[clip][erc]") {
    Doubles batch(2, 1);
    batch.entropy[0] = batch.entropy_old[0] = 1.0;
    batch.j(Erc<PpoClip>{{}, 0.0f, 1.0f});
    CHECK(batch.dlogp[0] == 0.0);
}

TEST_CASE("the entropy ratio is new over old", "[clip][erc]") {
    Doubles batch(2, 1);
    const Erc<PpoClip> grows{{0.9f, 9.0f}, 0.05f, 0.5f};  // 1.4 is inside, 1 / 1.4 is not
    batch.entropy[0] = 1.4, batch.entropy_old[0] = 1.0;
    batch.j(grows);
    CHECK(batch.dlogp[0] != 0.0);
    batch.entropy[0] = 1.0, batch.entropy_old[0] = 1.4;
    batch.j(grows);
    CHECK(batch.dlogp[0] == 0.0);
}

TEST_CASE("ERC works for a sequence that spans blocks and says what it needs", "[clip][erc]") {
    Doubles batch(3, 2, 0.3, 2);
    batch = Doubles(3, 1);
    for (int i = 0; i < 13; ++i) {
        for (auto* x : {&batch.logp, &batch.logp_old, &batch.entropy, &batch.entropy_old})
            x->insert(x->end(), x->begin(), x->end());
    }
    batch.logp_rollout.clear();
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        batch.entropy[t] = t % 3 == 0 ? 2.0 * batch.entropy_old[t] : batch.entropy_old[t];
    batch.offsets = {0, static_cast<Index>(batch.logp.size())};
    batch.dlogp.resize(batch.logp.size());
    batch.j(Erc{PpoClip{0.9f, 9.0f}});
    for (std::size_t t = 0; t < batch.logp.size(); ++t)
        if ((batch.dlogp[t] == 0.0) != (t % 3 == 0)) FAIL_CHECK("token " << t);
    Batch<double> view = batch.view();
    view.entropy_old = {};
    const Objective objective{GroupMean{}, Erc{PpoClip{}}, TokenMean{}};
    CHECK_THROWS_WITH(evaluate(serial, objective, view, batch.dlogp),
                      Catch::Matchers::Contains("batch.entropy_old"));
    CHECK(survives_extremes(Erc{PpoClip{}}));
    CHECK(silent_when_masked(Erc{PpoClip{}}));
}

TEST_CASE("an entropy that is not finite is counted and does not train", "[clip][erc]") {
    Doubles batch(4);
    const Objective objective{GroupMean{}, Erc{PpoClip{}}, TokenMean{}};
    for (auto* field : {&batch.entropy, &batch.entropy_old}) {
        const double before = (*field)[4];
        (*field)[4] = std::nan("");
        const Loss loss = evaluate(serial, objective, batch.view(), batch.dlogp);
        CHECK(loss.non_finite.count == 1);
        CHECK(loss.non_finite.token == 4);
        CHECK(std::isfinite(loss.value));
        CHECK(batch.dlogp[4] == 0.0);
        (*field)[4] = before;
    }
}
