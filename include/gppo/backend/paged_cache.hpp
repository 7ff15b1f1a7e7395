// SPDX-License-Identifier: Apache-2.0
//
// A key/value cache in pages of a backend's memory: a strip takes a page when its sequence reaches
// it, and gives all of them back at its end. Pages come from slabs that stay where they are, so a
// page is a pointer; the lists of pages go to the backend once a step. In bf16 keys and values are
// kept in two bytes, rounded as they are stored.
#pragma once

#include <gppo/backend/decode.hpp>
#include <gppo/backend/mirror.hpp>
#include <gppo/backend/paged_rows.hpp>
#include <gppo/core/bf16.hpp>
#include <gppo/core/error.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// Pages of the next slab where so many are held.
constexpr Index slab_pages(Index held) {
    return std::max(Index{64}, held / 2);
}

/// Teams of attention at once, for so many parts of rows: 2,048 are more than any GPU runs side by
/// side.
constexpr Index paged_teams(const AttentionShape& shape, Index parts) {
    return std::min(parts * shape.kv_heads * turns_of(shape), Index{2048});
}

/// Over a backend whose memory is not the host's, which must outlive it.
template <class K>
class PagedCache {
  public:
    PagedCache(const K& backend, AttentionShape shape, Index layers, Precision precision)
        : backend_(&backend),
          shape_(shape),
          page_{shape.kv_heads, shape.head_dim, layers},
          precision_(precision),
          rows_(backend),
          lists_(backend) {}

    const AttentionShape& shape() const { return shape_; }

    /// A strip of no positions yet. What it will need is not kept free for it.
    Index acquire(Index /*capacity*/) {
        const auto unused = std::find_if(strips_.begin(), strips_.end(),
                                         [](const Strip& strip) { return !strip.used; });
        const Index found = unused - strips_.begin();
        if (unused == strips_.end()) strips_.emplace_back();
        at(found).used = true;
        return found;
    }

    void release(Index strip) {
        Strip& s = at(strip);
        free_.insert(free_.end(), s.pages.rbegin(), s.pages.rend());
        s.pages.clear();
        s.used = false;
    }

    /// The rows that store() and attend() are about, until the next call.
    void begin(View<const DecodeRow> rows /* (R) */) {
        take_pages(rows);
        host_lists_.clear();
        for (Strip& strip : strips_) {
            strip.list = std::ssize(host_lists_);
            host_lists_.insert(host_lists_.end(), strip.pages.begin(), strip.pages.end());
        }
        host_lists_.resize(std::bit_ceil(std::max(host_lists_.size(), std::size_t{1024})));
        host_rows_.clear();
        parts_ = 1;
        for (const DecodeRow& row : rows) {
            const bool shares = row.shared_length > 0;
            host_rows_.push_back({shares ? at(row.shared).list : 0, row.shared_length,
                                  row.own_length > 0 ? at(row.own).list : 0, row.own_length});
            const Index pages = pages_of(row.shared_length) + pages_of(row.own_length);
            parts_ = std::max(parts_, parts_of(pages));
        }
        parts_ = static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(parts_)));
        step_ = {page_, rows_.read(host_rows_), lists_.read(host_lists_).data};
    }

    /// Into how many parts the longest row of the step is cut, or a little more.
    Index parts() const { return parts_; }

    /// Writes each row's key and value, (kv_heads, head_dim), at the row's own last position.
    void store(Index layer, Rows<const float> keys, Rows<const float> values) {
        if (precision_ == Precision::bf16)
            store_as<std::uint16_t>(layer, keys, values);
        else
            store_as<float>(layer, keys, values);
    }

    /// out (R, heads, head_dim): each row's queries, (heads, head_dim), against what it sees.
    void attend(Index layer, Rows<const float> queries, float* out) {
        const Index rows = step_.rows.size * shape_.heads, count = rows * parts_;
        const Index teams = paged_teams(shape_, step_.rows.size * parts_);
        scratch_.resize(teams * paged_scratch(shape_.head_dim));
        states_.resize(count), outs_.resize(count * shape_.head_dim);
        if (precision_ == Precision::bf16)
            attend_as<std::uint16_t>(layer, queries, teams);
        else
            attend_as<float>(layer, queries, teams);
        backend_->for_rows(rows,
                           PagedMergeRow{step_, shape_, parts_, states_.data(), outs_.data(), out});
    }

    /// Gives all memory for pages and attention back. No strip may be in use.
    void trim() {
        expects(std::none_of(strips_.begin(), strips_.end(), [](const Strip& s) { return s.used; }),
                "PagedCache::trim: a strip is in use");
        free_.clear(), slabs_.clear();
        scratch_ = {}, outs_ = {}, states_ = {};
        held_ = 0;
    }

    /// Bytes of pages held, in use or not.
    Index bytes() const { return held_ * page_bytes(); }

  private:
    template <class T>
    using BufferOf = decltype(std::declval<const K&>().template allocate<T>(0));

    struct Strip {
        std::vector<void*> pages;
        Index list = 0;  // where its pages are in this step's lists
        bool used = false;
    };

    Strip& at(Index i) { return strips_[static_cast<std::size_t>(i)]; }

    Index page_bytes() const { return page_.elements() * (precision_ == Precision::bf16 ? 2 : 4); }

    template <class E>
    void store_as(Index layer, Rows<const float> keys, Rows<const float> values) {
        backend_->for_rows(step_.rows.size, PagedStoreRow<E>{step_, layer, keys, values});
    }
    template <class E>
    void attend_as(Index layer, Rows<const float> queries, Index teams) {
        backend_->for_rows(teams,
                           PagedAttentionTeam<E>{step_, shape_, layer, parts_, teams, queries,
                                                 scratch_.data(), states_.data(), outs_.data()});
    }

    /// Makes room for each row's own position.
    void take_pages(View<const DecodeRow> rows) {
        for (const DecodeRow& row : rows) {
            if (row.own_length == 0) continue;
            Strip& strip = at(row.own);
            while (std::ssize(strip.pages) < pages_of(row.own_length)) {
                if (free_.empty()) add_slab();
                strip.pages.push_back(free_.back());
                free_.pop_back();
            }
        }
    }

    void add_slab() {
        const Index pages = slab_pages(held_);
        slabs_.push_back(backend_->template allocate<char>(pages * page_bytes()));
        for (Index p = pages; p-- > 0;) free_.push_back(slabs_.back().data() + p * page_bytes());
        held_ += pages;
    }

    const K* backend_;
    AttentionShape shape_;
    PageShape page_;
    Precision precision_;
    std::vector<BufferOf<char>> slabs_;
    std::vector<void*> free_;  // pages that no strip has
    std::vector<Strip> strips_;
    Index held_ = 0, parts_ = 1;  // pages; of the step
    std::vector<PagedRow> host_rows_;
    std::vector<void*> host_lists_;
    Mirror<K, PagedRow> rows_;
    Mirror<K, void*> lists_;
    PagedStep step_;
    BufferOf<HeadValues> scratch_;
    BufferOf<float> outs_;
    BufferOf<AttentionPart> states_;
};

}  // namespace gppo
