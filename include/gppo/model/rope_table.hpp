// SPDX-License-Identifier: Apache-2.0
//
// Cosines and sines of every position seen so far; grows by doubling.
#pragma once

#include <gppo/backend/backend.hpp>
#include <gppo/kernel/rope.hpp>

#include <algorithm>
#include <utility>

namespace gppo {

/// What a kernel needs: rows of cosines and sines by position.
struct RopeAngles {
    float *cosine = nullptr, *sine = nullptr;  // (positions, head_dim / 2)
    Index half = 0;

    GPPO_HD View<const float> cosines(Index p) const { return {cosine + p * half, half}; }
    GPPO_HD View<const float> sines(Index p) const { return {sine + p * half, half}; }
};

/// Fills the row of one position.
struct RopeAnglesRow {
    RopeAngles table;
    RopeFrequencies frequency;

    template <class Team>
    GPPO_HD void operator()(Team team, Index p) const {
        rope_angles(team, p, frequency, {table.cosine + p * table.half, table.half},
                    {table.sine + p * table.half, table.half});
    }
};

template <Backend K>
class RopeTable {
  public:
    RopeTable(const K& backend, RopeFrequencies frequencies, Index head_dim)
        : backend_(&backend), frequencies_(frequencies), half_(head_dim / 2) {}

    /// Makes positions [0, length) available. Views taken before become invalid.
    void ensure(Index length) {
        if (length <= length_) return;
        length_ = std::max(length, 2 * length_);
        cosine_.resize(length_ * half_);
        sine_.resize(length_ * half_);
        backend_->for_rows(length_, RopeAnglesRow{angles(), frequencies_});
    }

    RopeAngles angles() { return {cosine_.data(), sine_.data(), half_}; }

  private:
    const K* backend_;
    RopeFrequencies frequencies_;
    Index half_, length_ = 0;
    decltype(std::declval<const K&>().template allocate<float>(0)) cosine_, sine_;
};

}  // namespace gppo
