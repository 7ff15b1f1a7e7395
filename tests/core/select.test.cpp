// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "random_batch.hpp"

#include <gppo/core/select.hpp>

#include <numeric>

using namespace gppo;

namespace {

/// Values by place in the batch, drawn from few so that many are equal, or from many.
std::vector<float> values_for(RandomBatch& random, int kinds) {
    std::vector<float> values;
    for (std::size_t t = 0; t < random.logp.size(); ++t) {
        if (kinds == 0)
            values.push_back(static_cast<float>(random.normal()));
        else
            values.push_back(static_cast<float>(random.below(kinds)) - 1.0f);
        if (t % 50 == 7) values.back() = std::numeric_limits<float>::quiet_NaN();
    }
    return values;
}

}  // namespace

TEST_CASE("the largest values are found, equal ones from the front", "[core][select]") {
    const int kinds = GENERATE(0, 1, 2, 5);
    RandomBatch random(3, {.prompts = 5, .longest = 3000});
    const auto values = values_for(random, kinds);
    const auto pieces = pieces_of(random.view());
    std::vector<Index> order;
    for (std::size_t t = 0; t < values.size(); ++t)
        if (values[t] == values[t]) order.push_back(static_cast<Index>(t));
    const auto of = [&](Index t) { return values[static_cast<std::size_t>(t)]; };
    std::stable_sort(order.begin(), order.end(), [&](Index x, Index y) { return of(x) > of(y); });
    for (const Index count :
         {Index{0}, Index{1}, Index{17}, Index{1000}, static_cast<Index>(order.size() / 2),
          static_cast<Index>(order.size())}) {
        std::vector<Index> expected(order.begin(), order.begin() + count);
        std::sort(expected.begin(), expected.end());
        const View<const Piece> all(pieces);
        CHECK(largest_by_digits(serial, all, count, [&](Index, Index t) { return of(t); }) ==
              expected);
        CHECK(largest(serial, all, count, [&](Index, Index first, Index size, float* out) {
                  std::copy_n(values.begin() + first, size, out);
              }) == expected);
    }
}

TEST_CASE("the cut leaves a mean below the threshold, and one value more would not",
          "[core][select]") {
    const int kinds = GENERATE(0, 2, 5);
    RandomBatch random(4, {.prompts = 4, .longest = 800});
    auto values = values_for(random, kinds);
    for (float& x : values) x = x * x;
    const auto pieces = pieces_of(random.view());
    for (const double mean : {0.0, 1e-3, 0.1, 0.7, 2.0, 1e9}) {
        const float cut =
            cut_for_mean(serial, View<const Piece>(pieces), mean,
                         [&](Index, Index t) { return values[static_cast<std::size_t>(t)]; });
        PartialSum below, with;
        float next = std::numeric_limits<float>::infinity();
        for (const float x : values)
            if (x >= cut) next = std::min(next, x);
        for (const float x : values) {
            if (x < cut) below.add({static_cast<double>(x), 1});
            if (x <= next) with.add({static_cast<double>(x), 1});
        }
        CHECK(below.mean() <= mean * (1 + 1e-12));
        if (cut < std::numeric_limits<float>::infinity()) CHECK(with.mean() > mean);
    }
}

TEST_CASE("chosen tokens are listed by sequence", "[core][select]") {
    const std::vector<Index> offsets{0, 3, 4, 10}, token{1, 4, 9};
    const Chosen chosen = chosen_by_sequence(View<const Index>(offsets), View<const Index>(token));
    CHECK((chosen.in(0).size == 1 && chosen.in(0)[0] == 1));
    CHECK(chosen.in(1).empty());
    CHECK((chosen.in(2).size == 2 && chosen.in(2)[0] == 0 && chosen.in(2)[1] == 5));
}
