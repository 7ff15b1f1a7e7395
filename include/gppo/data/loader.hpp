// SPDX-License-Identifier: Apache-2.0
//
// Shuffled epochs over n rows. The order of an epoch is a pure function of (seed, epoch), so the
// whole state of a loader is the two numbers of its cursor.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/core/view.hpp>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace gppo {

/// Where a loader stands: `position` rows of `epoch` were given out.
struct Cursor {
    std::uint64_t epoch = 0;
    Index position = 0;

    friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// The order of one epoch: a Fisher–Yates shuffle of 0 … size - 1.
inline std::vector<Index> epoch_order(Index size, std::uint64_t seed, std::uint64_t epoch) {
    std::vector<Index> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), Index{0});
    const Philox random{seed};
    for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[random.below(i, epoch, i)]);
    return order;
}

/// Gives out row numbers, epoch after epoch, each row once an epoch.
class Loader {
  public:
    /// Throws Error for an empty dataset or a cursor that does not fit it.
    Loader(Index size, std::uint64_t seed, Cursor start = {})
        : size_(size), seed_(seed), cursor_(start) {
        expects(size > 0, "the loader has no rows: the dataset is empty");
        expects(start.position >= 0 && start.position <= size,
                "the loader's cursor lies outside the dataset: was it made with other data?");
        order_ = epoch_order(size_, seed_, cursor_.epoch);
    }

    Cursor cursor() const { return cursor_; }

    /// The next row.
    Index next() {
        if (cursor_.position == size_) {
            cursor_ = {cursor_.epoch + 1, 0};
            order_ = epoch_order(size_, seed_, cursor_.epoch);
        }
        return order_[static_cast<std::size_t>(cursor_.position++)];
    }

    /// The next `count` rows; may run on into later epochs.
    std::vector<Index> next(Index count) {
        std::vector<Index> rows;
        while (static_cast<Index>(rows.size()) < count) rows.push_back(next());
        return rows;
    }

  private:
    Index size_;
    std::uint64_t seed_;
    Cursor cursor_;
    std::vector<Index> order_;
};

}  // namespace gppo
