// SPDX-License-Identifier: Apache-2.0
//
// Queries of one token against keys and values that lie in pages of 32 positions, anywhere in
// memory (PagedAttention, Kwon et al. 2023, arXiv 2309.06180). Heads that share keys and values
// (GQA, arXiv 2305.13245) go together, so that each is read once for four of them. A long context
// is cut into parts, a team each (Flash-Decoding, Dao et al. 2023), which are put together by their
// largest scores:
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
#include <gppo/core/rows.hpp>
#include <gppo/kernel/pages.hpp>
#include <gppo/kernel/team.hpp>

namespace gppo {

inline constexpr Index heads_at_once = 4;  ///< that share keys and values, of a team

/// What a part knows beside its output.
struct AttentionPart {
    float max = 0.0f, sum = 0.0f;
};

/// A number of each head, read and written at once.
struct alignas(16) HeadValues {
    float of[heads_at_once] = {};
};

/// HeadValues that a team needs to work in.
GPPO_HD constexpr Index paged_scratch(Index head_dim) {
    return pages_at_once * (page_positions + head_dim) + head_dim;
}

/// Queries of at most heads_at_once heads that share keys and values, and what they see.
struct PagedQueries {
    View<const float> queries;  // (heads, d)
    Index heads;
    float scale;
    PagedContext in;

    GPPO_HD Index head_dim() const { return queries.size / heads; }
};

/// Scores of `count` pages from page `begin` on; -inf behind a page's last position.
template <class E, Team X>
GPPO_HD void score_pages(X team, PagedQueries of, Index begin, Index count,
                         const HeadValues* query /* (d) */,
                         HeadValues* score /* (count, page_positions) */) {
    const Index d = of.head_dim();
    team.for_each(count * page_positions, [=](Index j) {
        const PlaceInPage at(j, page_positions);
        const E* const key = of.in.template page<E>(begin + at.page) + at.place;
        HeadValues sum;
        for (Index i = 0; i < d; ++i) {
            const HeadValues x = query[i];
            const float y = as_float(key[i * page_positions]);
            for (int h = 0; h < heads_at_once; ++h) sum.of[h] += x.of[h] * y;
        }
        const bool there = at.place < of.in.filled(begin + at.page);
        for (float& x : sum.of) x = there ? of.scale * x : -__builtin_huge_valf();
        score[j] = sum;
    });
}

/// Each page's values by their weights.
template <class E, Team X>
GPPO_HD void add_values(X team, PagedQueries of, Index begin, Index count,
                        const HeadValues* weight /* (count, page_positions) */,
                        HeadValues* partial /* (count, d) */) {
    const Index d = of.head_dim();
    team.for_each(count * d, [=](Index n) {
        const PlaceInPage at(n, d);
        const E* const value =
            of.in.template page<E>(begin + at.page) + page_positions * d + at.place;
        HeadValues total;
        for (Index j = 0; j < of.in.filled(begin + at.page); ++j) {
            const HeadValues w = weight[at.page * page_positions + j];
            const float y = as_float(value[j * d]);
            for (int h = 0; h < heads_at_once; ++h) total.of[h] += w.of[h] * y;
        }
        partial[n] = total;
    });
}

/// The largest score of each head so far, and its sum of weights; 0 for heads that are not there.
struct SoftmaxSums {
    HeadValues top, sum;
};

/// Turns scores into weights e^(score - top). Gives what all that was added before is to be
/// multiplied with: 0 where nothing was.
template <Team X>
GPPO_HD HeadValues weigh(X team, Index heads, Index slots, bool nothing_before,
                         HeadValues* score /* (slots) */, SoftmaxSums& sums) {
    HeadValues shrink, top;
    for (int h = 0; h < heads_at_once; ++h)
        if (h < heads) {
            const float best = team.max(slots, [=](Index j) { return score[j].of[h]; });
            top.of[h] = nothing_before ? best : math::max(sums.top.of[h], best);
            shrink.of[h] = nothing_before ? 0.0f : math::exp(sums.top.of[h] - top.of[h]);
        }
    team.for_each(slots, [=](Index j) {
        HeadValues x = score[j];
        for (int h = 0; h < heads_at_once; ++h) x.of[h] = math::exp(x.of[h] - top.of[h]);
        score[j] = x;
    });
    for (int h = 0; h < heads_at_once; ++h)
        if (h < heads) {
            const float sum = team.sum(slots, [=](Index j) { return score[j].of[h]; });
            sums.sum.of[h] = sums.sum.of[h] * shrink.of[h] + sum;
        }
    sums.top = top;
    return shrink;
}

/// Pages [first, end) of E, of which one at least holds a position. `out` is not yet divided by the
/// sum.
template <class E, Team X>
GPPO_HD SoftmaxSums paged_attention_part(X team, PagedQueries of, Index first, Index end,
                                         HeadValues* scratch /* (paged_scratch(d)) */,
                                         Rows<float> out /* (heads, d) */) {
    const Index d = of.head_dim();
    HeadValues *const score = scratch, *const partial = score + pages_at_once * page_positions;
    HeadValues* const query = partial + pages_at_once * d;
    team.for_each(d, [=](Index i) {
        HeadValues x;
        for (int h = 0; h < heads_at_once; ++h)
            if (h < of.heads) {
                x.of[h] = as_float(kept_as<E>(of.queries[h * d + i]));
                out[h][i] = 0.0f;
            }
        query[i] = x;
    });
    SoftmaxSums sums;
    for (Index begin = first; begin < end; begin += pages_at_once) {
        const Index count = math::min(pages_at_once, end - begin);
        score_pages<E>(team, of, begin, count, query, score);
        const HeadValues shrink =
            weigh(team, of.heads, count * page_positions, begin == first, score, sums);
        add_values<E>(team, of, begin, count, score, partial);
        team.for_each(d, [=](Index i) {
            for (int h = 0; h < heads_at_once; ++h)
                if (h < of.heads) {
                    float total = out[h][i] * shrink.of[h];
                    for (Index p = 0; p < count; ++p) total += partial[p * d + i].of[h];
                    out[h][i] = total;
                }
        });
    }
    return sums;
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
