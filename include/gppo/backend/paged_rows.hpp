// SPDX-License-Identifier: Apache-2.0
//
// What a step of generation does with a paged key/value cache, for `for_rows` of any backend:
// pointers and numbers by value. kernel/paged_attention.hpp has the arithmetic.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/kernel/paged_attention.hpp>

namespace gppo {

/// A row of the step, as decode.hpp's DecodeRow, with the places of its strips' lists of pages.
/// A row whose own_length is 0 stores nothing and sees nothing.
struct PagedRow {
    Index shared = 0, shared_length = 0;
    Index own = 0, own_length = 0;
};

/// How a page is divided: layer by layer, head by head, keys and then values.
struct PageShape {
    Index kv_heads = 0, head_dim = 0, layers = 0;

    GPPO_HD constexpr Index head_elements() const { return 2 * page_positions * head_dim; }
    GPPO_HD constexpr Index elements() const { return layers * kv_heads * head_elements(); }
    GPPO_HD constexpr Index offset(Index layer, Index head) const {
        return (layer * kv_heads + head) * head_elements();
    }
};

/// The step's rows and the pages they name.
struct PagedStep {
    PageShape page;
    View<const PagedRow> rows;  // (R)
    void* const* pages;

    GPPO_HD PagedContext context(Index row, Index layer, Index head) const {
        const PagedRow r = rows[row];
        return {pages + r.shared, pages + r.own, r.shared_length, r.own_length,
                page.offset(layer, head)};
    }
};

/// Writes a row's key and value at its own last position, in pages of E.
template <class E>
struct PagedStoreRow {
    PagedStep step;
    Index layer;
    Rows<const float> keys, values;  // (R, kv_heads, head_dim)

    template <class Team>
    GPPO_HD void operator()(Team team, Index r) const {
        const PagedRow row = step.rows[r];
        if (row.own_length == 0) return;
        const Index d = step.page.head_dim, last = row.own_length - 1;
        E* const page = static_cast<E*>(step.pages[row.own + last / page_positions]);
        const float *const key = keys[r], *const value = values[r];
        const Index place = last % page_positions;
        team.for_each(step.page.kv_heads * d, [=, *this](Index n) {
            const PlaceInPage at(n, d);  // a head and an element of it
            E* const head = page + step.page.offset(layer, at.page);
            head[at.place * page_positions + place] = kept_as<E>(key[n]);
            head[(page_positions + place) * d + at.place] = kept_as<E>(value[n]);
        });
    }
};

/// Teams' turns that the heads of a key/value head take: heads_at_once each, the last the rest.
GPPO_HD constexpr Index turns_of(const AttentionShape& shape) {
    return (shape.group() + heads_at_once - 1) / heads_at_once;
}

/// Each of `teams` takes every `teams`-th of all (row, part, key/value head, turn).
template <class E>
struct PagedAttentionTeam {
    PagedStep step;
    AttentionShape shape;
    Index layer, parts, teams;  // parts: of the row that has most
    Rows<const float> queries;  // (R, heads, head_dim)
    HeadValues* scratch;        // (teams, paged_scratch(head_dim))
    AttentionPart* states;      // (R, heads, parts)
    float* outs;                // (R, heads, parts, head_dim)

    template <class Team>
    GPPO_HD void operator()(Team team, Index which) const {
        const Index turns = turns_of(shape), each_row = parts * shape.kv_heads * turns;
        for (Index n = which; n < step.rows.size * each_row; n += teams)
            attend(team, n / each_row, n / (shape.kv_heads * turns) % parts,
                   n / turns % shape.kv_heads, n % turns,
                   scratch + which * paged_scratch(shape.head_dim));
    }

  private:
    template <class Team>
    GPPO_HD void attend(Team team, Index row, Index part, Index kv_head, Index turn,
                        HeadValues* memory) const {
        const Index d = shape.head_dim, before = turn * heads_at_once;
        const PagedContext in = step.context(row, layer, kv_head);
        const Index each = pages_of_part(in.pages()), first = part * each;
        if (first >= in.pages()) return;
        const Index head = kv_head * shape.group() + before;
        const Index heads = math::min(heads_at_once, shape.group() - before);
        const Index place = (row * shape.heads + head) * parts + part;
        const SoftmaxSums sums = paged_attention_part<E>(
            team, {{queries[row] + head * d, heads * d}, heads, shape.scale, in}, first,
            math::min(first + each, in.pages()), memory, Rows<float>{outs + place * d, parts * d});
        const PagedAttentionTeam to = *this;
        team.for_each(1, [=](Index) {
            for (int h = 0; h < heads_at_once; ++h)
                if (h < heads) to.states[place + h * to.parts] = {sums.top.of[h], sums.sum.of[h]};
        });
    }
};

/// count = R heads.
struct PagedMergeRow {
    static constexpr bool narrow = true;
    PagedStep step;
    AttentionShape shape;
    Index parts;
    const AttentionPart* states;  // (R, heads, parts)
    const float* outs;            // (R, heads, parts, head_dim)
    float* out;                   // (R, heads, head_dim)

    template <class Team>
    GPPO_HD void operator()(Team team, Index n) const {
        const Index d = shape.head_dim;
        const Index own = parts_of(step.context(n / shape.heads, 0, 0).pages());
        merge_parts(team, {states + n * parts, own}, outs + n * parts * d,
                    View<float>{out + n * d, d});
    }
};

}  // namespace gppo
