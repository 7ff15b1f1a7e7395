// SPDX-License-Identifier: Apache-2.0
//
// The rows of a step of generation where a backend reads them. Where that is not the host's memory
// they are filled up to one of few numbers, so that a step of the same shape comes again: rows that
// see nothing and store nothing.
#pragma once

#include <gppo/backend/decode.hpp>
#include <gppo/backend/mirror.hpp>

#include <bit>
#include <cstdint>
#include <vector>

namespace gppo {

/// At least `rows`: 8, 16, 32, and then multiples of 64.
constexpr Index filled_up(Index rows) {
    if (rows > 32) return (rows + 63) / 64 * 64;
    return rows <= 8 ? 8 : static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(rows)));
}

template <Backend K>
class PlacedRows {
  public:
    /// `backend` must outlive it.
    explicit PlacedRows(const K& backend) : token_copy_(backend), position_copy_(backend) {}

    /// Both are the host's; in its memory they must be there until the next call.
    void place(View<const std::int32_t> tokens /* (R) */, View<const DecodeRow> rows /* (R) */) {
        positions_.clear();
        for (const DecodeRow& row : rows)
            positions_.push_back(static_cast<std::int32_t>(row.position()));
        rows_ = rows;
        if constexpr (!K::host_memory) {
            const auto count = static_cast<std::size_t>(filled_up(rows.size));
            filled_tokens_.assign(tokens.begin(), tokens.end());
            filled_rows_.assign(rows.begin(), rows.end());
            filled_tokens_.resize(count), filled_rows_.resize(count), positions_.resize(count);
            tokens = filled_tokens_, rows_ = filled_rows_;
        }
        placed_tokens_ = token_copy_.read(tokens);
        placed_positions_ = position_copy_.read(positions_);
    }

    View<const DecodeRow> rows() const { return rows_; }                      // the host's
    View<const std::int32_t> tokens() const { return placed_tokens_; }        // the backend's
    View<const std::int32_t> positions() const { return placed_positions_; }  // the backend's

  private:
    std::vector<std::int32_t> positions_, filled_tokens_;
    std::vector<DecodeRow> filled_rows_;
    View<const DecodeRow> rows_;
    Mirror<K, std::int32_t> token_copy_, position_copy_;
    View<const std::int32_t> placed_tokens_, placed_positions_;
};

}  // namespace gppo
