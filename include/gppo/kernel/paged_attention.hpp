// SPDX-License-Identifier: Apache-2.0
//
// One query against keys and values that lie in pages of 32 positions, anywhere in memory
// (PagedAttention, Kwon et al. 2023, arXiv 2309.06180). A long context is cut into parts, a team
// each (Flash-Decoding, Dao et al. 2023), which are put together by their largest scores:
//
//   max_i, sum_i, out_i of part i    max = max_i max_i    w_i = e^(max_i - max)
//   out = sum w_i out_i / sum w_i sum_i
//
// Parts follow from the row's own length, so a row does not depend on its neighbours. Keys lie
// transposed in a page: neighbouring threads have neighbouring positions in the scores, and
// neighbouring elements in the values. A page holds floats or bf16; a query is rounded to
// what its page holds, and sums are floats.
#pragma once

#include <gppo/core/bf16.hpp>
#include <gppo/core/math.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

inline constexpr Index page_positions = 32;  ///< positions in a page
inline constexpr Index pages_at_once = 8;    ///< pages that a team works on together
inline constexpr Index most_parts = 16;      ///< of one row

GPPO_HD constexpr Index pages_of(Index positions) {
    return (positions + page_positions - 1) / page_positions;
}

/// What a row sees, by page: the first `shared_length` positions of one list of pages, then
/// `own_length` of another. Only the last page of either may be in part empty.
struct PagedContext {
    void* const* shared = nullptr;
    void* const* own = nullptr;
    Index shared_length = 0, own_length = 0;
    Index offset = 0;  ///< of a layer's head in a page, in elements

    GPPO_HD Index shared_pages() const { return pages_of(shared_length); }
    GPPO_HD Index pages() const { return shared_pages() + pages_of(own_length); }
    /// Keys (d, page_positions), then values (page_positions, d), each an E.
    template <class E>
    GPPO_HD const E* page(Index p) const {
        const Index before = shared_pages();
        return static_cast<const E*>(p < before ? shared[p] : own[p - before]) + offset;
    }
    /// Positions in page p.
    GPPO_HD Index filled(Index p) const {
        const Index before = shared_pages();
        const Index left = p < before ? shared_length - p * page_positions
                                      : own_length - (p - before) * page_positions;
        return math::min(left, page_positions);
    }
};

/// Pages of each part of a row, of `pages` in all.
GPPO_HD constexpr Index pages_of_part(Index pages) {
    const Index share = (pages + most_parts - 1) / most_parts;
    return (share + pages_at_once - 1) / pages_at_once * pages_at_once;
}
GPPO_HD constexpr Index parts_of(Index pages) {
    return pages == 0 ? 0 : (pages + pages_of_part(pages) - 1) / pages_of_part(pages);
}

/// What a part knows beside its output.
struct AttentionPart {
    float max = 0.0f, sum = 0.0f;
};

/// Floats that a team needs to work in.
GPPO_HD constexpr Index paged_scratch(Index head_dim) {
    return pages_at_once * (page_positions + head_dim) + head_dim;
}

/// Element j of a list by page, page_positions or d of each: its page and its place there.
struct PlaceInPage {
    Index page, place;
    GPPO_HD PlaceInPage(Index j, Index each)  // 32-bit: a GPU divides them faster
        : page(static_cast<int>(j) / static_cast<int>(each)), place(j - page * each) {}
};

/// Pages [first, end) of E, of which one at least holds a position; `out` is not yet divided by the
/// sum.
template <class E, Team X>
GPPO_HD AttentionPart paged_attention_part(X team, float scale, View<const float> q /* (d) */,
                                           PagedContext in, Index first, Index end,
                                           View<float> scratch /* (paged_scratch(d)) */,
                                           View<float> out /* (d) */) {
    const Index d = q.size;
    float *const score = scratch.data, *const partial = score + pages_at_once * page_positions;
    float* const query = partial + pages_at_once * d;
    AttentionPart state{-__builtin_huge_valf(), 0.0f};
    team.for_each(d, [=](Index i) { out[i] = 0.0f, query[i] = as_float(kept_as<E>(q[i])); });
    for (Index begin = first; begin < end; begin += pages_at_once) {
        const Index count = math::min(pages_at_once, end - begin), slots = count * page_positions;
        team.for_each(slots, [=](Index j) {
            const PlaceInPage at(j, page_positions);
            const E* const key = in.template page<E>(begin + at.page) + at.place;
            float sum = 0.0f;
            for (Index i = 0; i < d; ++i) sum += query[i] * as_float(key[i * page_positions]);
            const bool there = at.place < in.filled(begin + at.page);
            score[j] = there ? scale * sum : -__builtin_huge_valf();
        });
        const float top = math::max(state.max, team.max(slots, [=](Index j) { return score[j]; }));
        const float shrink = begin == first ? 0.0f : math::exp(state.max - top);
        team.for_each(slots, [=](Index j) {
            const PlaceInPage at(j, page_positions);
            const bool there = at.place < in.filled(begin + at.page);
            score[j] = there ? math::exp(score[j] - top) : 0.0f;
        });
        const float sum = team.sum(slots, [=](Index j) { return score[j]; });
        team.for_each(count * d, [=](Index n) {
            const PlaceInPage at(n, d);
            const E* const value =
                in.template page<E>(begin + at.page) + page_positions * d + at.place;
            const float* const weight = score + at.page * page_positions;
            float total = 0.0f;
            for (Index j = 0; j < in.filled(begin + at.page); ++j)
                total += weight[j] * as_float(value[j * d]);
            partial[n] = total;
        });
        team.for_each(d, [=](Index i) {
            float total = out[i] * shrink;
            for (Index p = 0; p < count; ++p) total += partial[p * d + i];
            out[i] = total;
        });
        state = {top, state.sum * shrink + sum};
    }
    return state;
}

/// Puts the parts of a row together.
template <Team X>
GPPO_HD void merge_parts(X team, View<const AttentionPart> parts /* (P) */,
                         const float* outs /* (P, d) */, View<float> out /* (d) */) {
    float max = -__builtin_huge_valf(), sum = 0.0f;
    for (const AttentionPart& part : parts) max = math::max(max, part.max);
    for (const AttentionPart& part : parts) sum += part.sum * math::exp(part.max - max);
    const float inverse = parts.empty() ? 0.0f : 1.0f / sum;
    team.for_each(out.size, [=](Index i) {
        float total = 0.0f;
        for (Index p = 0; p < parts.size; ++p)
            total += outs[p * out.size + i] * math::exp(parts[p].max - max);
        out[i] = total * inverse;
    });
}

}  // namespace gppo
