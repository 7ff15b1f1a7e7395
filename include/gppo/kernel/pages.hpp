// SPDX-License-Identifier: Apache-2.0
//
// Where keys and values of a context lie: in pages of 32 positions, anywhere in memory
// (PagedAttention, Kwon et al. 2023, arXiv 2309.06180). A long context is cut into parts, a team
// each (Flash-Decoding, Dao et al. 2023), which follow from its own length.
#pragma once

#include <gppo/core/math.hpp>
#include <gppo/core/view.hpp>

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

/// Element j of a list by page, page_positions or d of each: its page and its place there.
struct PlaceInPage {
    Index page, place;
    GPPO_HD PlaceInPage(Index j, Index each)  // 32-bit: a GPU divides them faster
        : page(static_cast<int>(j) / static_cast<int>(each)), place(j - page * each) {}
};

}  // namespace gppo
