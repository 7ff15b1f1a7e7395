// SPDX-License-Identifier: Apache-2.0
//
// Beside the CPU's decode attention: tests/backend/paged_cache.test.cpp.
#include "catch.hpp"
#include "kernel/thread_team.hpp"
#include "random_values.hpp"

#include <gppo/kernel/paged_attention.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace gppo;

namespace {

using Floats = std::vector<float>;

/// Keys and values in pages of E out of order, and the queries of some heads. Past the last
/// position keys are huge and values NaN: nobody may look.
template <class E>
struct Paged {
    Index heads, d, shared, own;
    float scale = 0.6f;
    Floats keys, values, query;
    std::vector<E> memory;
    std::vector<void*> pages;

    Paged(Index queries, Index width, Index shared_length, Index own_length)
        : heads(queries), d(width), shared(shared_length), own(own_length) {
        const Index length = shared + own, count = pages_of(shared) + pages_of(own);
        keys = random_values(length * d, 1), values = random_values(length * d, 2);
        query = random_values(heads * d, 3);
        const Index elements = 2 * page_positions * d;
        memory.assign(static_cast<std::size_t>(count * elements), kept_as<E>(std::nanf("")));
        for (Index p = count; p-- > 0;) {
            pages.push_back(memory.data() + p * elements);
            std::fill_n(memory.data() + p * elements, elements / 2, kept_as<E>(1e30f));
        }
        for (Floats* const side : {&keys, &values, &query})
            for (float& x : *side) x = as_float(kept_as<E>(x));
        for (Index j = 0; j < length; ++j) {
            const Index at = j < shared ? j : j - shared;
            E* const page = static_cast<E*>(pages[static_cast<std::size_t>(
                (j < shared ? 0 : pages_of(shared)) + at / page_positions)]);
            for (Index i = 0; i < d; ++i) {
                const auto from = static_cast<std::size_t>(j * d + i);
                page[i * page_positions + at % page_positions] = kept_as<E>(keys[from]);
                page[(page_positions + at % page_positions) * d + i] = kept_as<E>(values[from]);
            }
        }
    }
    PagedContext context() const {
        return {pages.data(), pages.data() + pages_of(shared), shared, own, 0};
    }
    std::vector<double> definition() const {
        std::vector<double> all;
        for (Index h = 0; h < heads; ++h) {
            const std::vector<double> out = definition(query.data() + h * d);
            all.insert(all.end(), out.begin(), out.end());
        }
        return all;
    }
    std::vector<double> definition(const float* q) const {
        const auto width = static_cast<std::size_t>(d);
        std::vector<double> out(width, 0.0);
        double sum = 0.0;
        for (std::size_t j = 0; j * width < keys.size(); ++j) {
            double score = 0.0;
            for (std::size_t i = 0; i < width; ++i)
                score += static_cast<double>(q[i]) * static_cast<double>(keys[j * width + i]);
            const double weight = std::exp(score * static_cast<double>(scale));
            sum += weight;
            for (std::size_t i = 0; i < width; ++i)
                out[i] += weight * static_cast<double>(values[j * width + i]);
        }
        for (double& x : out) x /= sum;
        return out;
    }

    /// All parts by one team, and then put together.
    template <class Team>
    float run(Team team, HeadValues* scratch, AttentionPart* states, float* outs,
              float* out) const {
        const PagedContext in = context();
        const Index each = pages_of_part(in.pages()), parts = parts_of(in.pages());
        float last = 0.0f;
        for (Index p = 0; p < parts; ++p) {
            const SoftmaxSums sums = paged_attention_part<E>(
                team, {query, heads, scale, in}, p * each, math::min((p + 1) * each, in.pages()),
                scratch, Rows<float>{outs + p * d, most_parts * d});
            team.for_each(heads, [=](Index h) {
                states[h * most_parts + p] = {sums.top.of[h], sums.sum.of[h]};
            });
            last += sums.sum.of[0];
        }
        for (Index h = 0; h < heads; ++h)
            merge_parts(team, {states + h * most_parts, parts}, outs + h * most_parts * d,
                        View<float>{out + h * d, d});
        return last;
    }
    template <class Run>
    Floats with(Run f) const {
        std::vector<HeadValues> scratch(static_cast<std::size_t>(paged_scratch(d)));
        Floats outs(static_cast<std::size_t>(heads * most_parts * d)), out(query.size());
        std::vector<AttentionPart> states(static_cast<std::size_t>(heads * most_parts));
        f(scratch.data(), states.data(), outs.data(), out.data());
        return out;
    }
};

}  // namespace

TEMPLATE_TEST_CASE("attention over pages is the definition, wherever two strips meet",
                   "[kernel][paged_attention]", float, std::uint16_t) {
    const Index heads = GENERATE(1, 3, 4);
    for (const Index d : {1, 10, 64})
        for (const Index shared : {0, 1, 32, 33, 300})
            for (const Index own : {1, 31, 32, 257, 5000}) {
                CAPTURE(heads, d, shared, own);
                const Paged<TestType> head(heads, d, shared, own);
                const auto want = head.definition();
                const Floats got =
                    head.with([&](auto... memory) { head.run(SerialTeam{}, memory...); });
                for (std::size_t i = 0; i < want.size(); ++i)
                    REQUIRE(static_cast<double>(got[i]) == Approx(want[i]).margin(2e-6));
            }
}

TEMPLATE_TEST_CASE("a block of threads attends to pages as one thread does",
                   "[kernel][paged_attention]", float, std::uint16_t) {
    for (const Index own : {1, 40, 5000}) {  // the last in parts of more than one round
        const Paged<TestType> head(3, 6, 45, own);
        const Floats alone = head.with([&](auto... memory) { head.run(SerialTeam{}, memory...); });
        const Floats together = head.with([&](auto... memory) {
            side_by_side([&](ThreadTeam team) { return head.run(team, memory...); });
        });
        CHECK(distance(together, alone) < 1e-6f);
    }
}

TEST_CASE("a row that sees nothing is zero, and scores of hundreds do not overflow",
          "[kernel][paged_attention]") {
    Floats out{1.0f, 2.0f};
    merge_parts(SerialTeam{}, {}, nullptr, View<float>(out));
    CHECK(out == Floats{0.0f, 0.0f});
    Paged<float> head(2, 2, 0, 1200);
    head.scale = 500.0f;
    const Floats got = head.with([&](auto... memory) { head.run(SerialTeam{}, memory...); });
    for (const float x : got) CHECK(std::abs(x) <= 1.0f);
}
