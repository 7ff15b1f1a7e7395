// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"
#include "random_values.hpp"

#include <gppo/core/token_slice.hpp>
#include <gppo/gppo.hpp>

#include <limits>
#include <random>

using namespace gppo;

namespace {

/// Gradients of the whole, and of slices of `count` tokens one after another.
template <class O>
void check_slices(const O& objective, RandomBatch& random, const Batch<>& whole, Index count) {
    Loss in_parts;
    std::vector<float> dlogp(random.dlogp), dentropy(random.dentropy);
    const Loss at_once = evaluate(serial, objective, whole, random.dlogp, random.dentropy);
    for (Index first = 0; first < whole.tokens(); first += count) {
        const Index size = std::min(count, whole.tokens() - first);
        const TokenSlice slice(whole, first, size);
        in_parts.add(evaluate(serial, objective, slice.batch(),
                              View<float>(dlogp).slice(first, size),
                              View<float>(dentropy).slice(first, size)));
    }
    CHECK(distance(dlogp, random.dlogp) < 1e-6f);
    CHECK(distance(dentropy, random.dentropy) < 1e-6f);
    CHECK(in_parts.value == Approx(at_once.value).epsilon(1e-5).margin(1e-5));
    CHECK(in_parts.non_finite.count == at_once.non_finite.count);
}

template <class C>
void check_policy(C clip, std::uint64_t seed) {
    RandomBatch random(seed, {.masked = 0.2});
    const Objective objective{
        GroupNorm{},     clip,      TokenMean{}, KlTerm{K3{}, 0.05f}, EntropyBonus{0.01f},
        Positives{0.1f}, TokenTis{}};
    objective.prepare(random.rewards, random.view());
    random.logp[random.logp.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> by_token(random.logp.size());
    for (std::size_t t = 0; t < by_token.size(); ++t)
        by_token[t] = static_cast<float>(random.normal());
    Batch<> batch = random.view();
    for (const Index count : {1, 7, 64, 100000}) {
        CAPTURE(seed, count);
        check_slices(objective, random, batch, count);
    }
    batch.advantage = by_token;
    check_slices(objective, random, batch, 7);
}

}  // namespace

TEST_CASE("tokens get the gradient in a slice that they get in the whole", "[core][token_slice]") {
    const std::uint64_t seed = std::random_device{}();
    check_policy(PpoClip{.high = 0.28f}, seed);
    check_policy(DualClip{Gppo{}, 10.0f}, seed);
    check_policy(Cispo{}, seed);
    check_policy(Sapo{}, seed);
}

TEST_CASE("a slice has the sequences it touches", "[core][token_slice]") {
    const std::vector<float> logp{0, 1, 2, 3, 4, 5}, advantage{10, 11, 12};
    std::vector<float> by_sequence(advantage), coefficient(3, 1.0f);
    const std::vector<Index> offsets{0, 2, 3, 6}, group{7, 8, 9};
    const Batch<> whole{.logp = logp,
                        .logp_old = logp,
                        .offsets = offsets,
                        .group = group,
                        .advantage = by_sequence,
                        .coefficient = coefficient};
    const TokenSlice middle(whole, 1, 3);
    const Batch<>& b = middle.batch();
    CHECK(std::vector<Index>(b.offsets.begin(), b.offsets.end()) == std::vector<Index>{0, 1, 2, 3});
    CHECK(b.logp[0] == 1.0f);
    CHECK(b.advantage[2] == 12.0f);
    const TokenSlice one(whole, 2, 1);
    CHECK(one.batch().group[0] == 8);
    CHECK(one.batch().sequences() == 1);
    CHECK(TokenSlice(whole, 0, 6).batch().tokens() == 6);
}
