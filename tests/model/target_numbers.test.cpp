// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "catch.hpp"

#include <gppo/model/target_numbers.hpp>

#include <vector>

using namespace gppo;

namespace {

/// Both gradients of a target, side by side.
struct PairRow {
    View<const float> dlogp, dentropy;
    View<float> pairs;  // (2 N)

    template <class Team>
    void operator()(Team, Index n) const {
        pairs[2 * n] = dlogp[n];
        pairs[2 * n + 1] = dentropy[n];
    }
};

/// Two parts of five targets, weighed one after the other.
template <class K>
std::vector<float> weighed(const K& backend) {
    Mirror<K, float> first(backend), second(backend), out(backend);
    std::vector<float> logp{1, 2, 3, 4, 5}, entropy{6, 7, 8, 9, 10}, c(5), e(5), pairs(10);
    const TargetNumbers of{logp, entropy, c, e};
    of.check();
    first.room(logp), second.room(entropy);
    first.send(0, View<const float>(logp)), second.send(0, View<const float>(entropy));
    if (!K::host_memory) logp.assign(5, 0.0f), entropy.assign(5, 0.0f);  // it has to be brought
    const auto weigh = [&](Index begin, Index count) {
        for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(begin + count);
             ++n)
            c[n] = 2 * logp[n], e[n] = 3 * entropy[n];
    };
    const auto call = weigh_on_host(first, second, of, weigh);
    const View<const float> slopes = first.place(of.dlogp), others = second.place(of.dentropy);
    for (const Index begin : {0, 3}) call(begin, begin == 0 ? 3 : 2);
    backend.for_rows(5, PairRow{slopes, others, out.room(pairs)});
    out.fetch(pairs);
    return pairs;
}

}  // namespace

TEST_CASE("targets are weighed on the host, part by part, wherever the backend is",
          "[model][target_numbers]") {
    const std::vector<float> expected{2, 18, 4, 21, 6, 24, 8, 27, 10, 30};
    CHECK(weighed(Cpu(1)) == expected);
    CHECK(weighed(FarMemory(1)) == expected);
}

TEST_CASE("a gradient too few is refused", "[model][target_numbers]") {
    std::vector<float> two(2), one(1);
    CHECK_THROWS_AS((TargetNumbers{two, {}, one, {}}.check()), Error);
    CHECK_THROWS_AS((TargetNumbers{two, two, two, one}.check()), Error);
    TargetNumbers{two, {}, two, {}}.check();
}
