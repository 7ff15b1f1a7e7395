// SPDX-License-Identifier: Apache-2.0
//
// Numbers are tests/backend/paged_cache.test.cpp's; here, where things lie in a page, and that a
// block of threads makes of each row what one thread makes of it.
#include "catch.hpp"
#include "model/check_row.hpp"
#include "random_values.hpp"

#include <gppo/backend/paged_rows.hpp>

#include <cstdint>
#include <set>
#include <vector>

using namespace gppo;

TEST_CASE("layers and heads of a page do not overlap and fill it", "[backend][paged_rows]") {
    const PageShape page{3, 10, 4};
    std::set<Index> begins;
    for (Index layer = 0; layer < 4; ++layer)
        for (Index head = 0; head < 3; ++head) begins.insert(page.offset(layer, head));
    CHECK(begins.size() == 12);
    CHECK(*begins.begin() == 0);
    CHECK(*begins.rbegin() + page.head_elements() == page.elements());
    for (const Index begin : begins) CHECK(begin % page.head_elements() == 0);
}

TEMPLATE_TEST_CASE("storing and attending are the same for a block of threads",
                   "[backend][paged_rows]", float, std::uint16_t) {
    using E = TestType;
    const AttentionShape shape{4, 2, 6, 0.5f};
    const PageShape page{2, 6, 2};
    const std::vector<PagedRow> rows{{0, 40, 2, 33}, {0, 0, 4, 1}, {}};  // pages 0, 1 | 2, 3 | 4
    const std::vector<float> k = random_values(36, 1), v = random_values(36, 2),
                             q = random_values(72, 3);
    const Index each = page.elements() * Index{sizeof(E)} / Index{sizeof(float)};  // floats
    const Index pages = 5 * each, outs = 3 * 4 * 2 * 6;
    std::vector<void*> lists(5);
    std::vector<AttentionPart> states(3 * 4 * 2);
    std::vector<HeadValues> scratch(static_cast<std::size_t>(2 * paged_scratch(6)));
    const auto step = [&](E* memory) {
        for (std::size_t p = 0; p < 5; ++p)
            lists[p] = memory + static_cast<Index>(p) * page.elements();
        return PagedStep{page, View<const PagedRow>(rows), lists.data()};
    };
    std::vector<E> here;
    for (const float x : random_values(5 * page.elements(), 9)) here.push_back(kept_as<E>(x));
    const PagedStep placed = step(here.data());
    check_row(3, pages, [&](float* m) {
        // every member of the team makes the row: the list is made once for each memory
        static thread_local std::vector<void*> own;
        own.clear();
        for (Index p = 0; p < 5; ++p) own.push_back(m + p * each);
        return PagedStoreRow<E>{
            {page, View<const PagedRow>(rows), own.data()}, 1, {k.data(), 12}, {v.data(), 12}};
    });
    check_row(2, outs, [&](float* m) {
        return PagedAttentionTeam<E>{placed,         shape,         1, 2, 2, {q.data(), 24},
                                     scratch.data(), states.data(), m};
    });
    const std::vector<float> parts = random_values(outs, 4);
    for (AttentionPart& state : states) state = {0.5f, 2.0f};
    check_row(12, 72, [&](float* m) {
        return PagedMergeRow{placed, shape, 2, states.data(), parts.data(), m};
    });
}
