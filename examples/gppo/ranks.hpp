// SPDX-License-Identifier: Apache-2.0
//
// Data parallelism: the processes that train one model together. All of them hold the weights and
// know the whole step; each samples and learns its share of the sequences, and owns its share of
// the optimizer. What goes round is sampled completions, sums of gradients and weights. Sums are
// made in the order of ranks, so every rank has the same bits.
//
// One process alone is rank 0 of 1: everything here does nothing then.
#pragma once

#include "rank_links.hpp"

#include <gppo/backend/stored_view.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Elements [first, first + count) of something that ranks share out.
struct Share {
    gppo::Index first = 0, count = 0;
};

class Ranks {
  public:
    Ranks() = default;
    Ranks(const Launch& launch, std::chrono::seconds patience);
    /// Those of this process, connected by the first call.
    static std::shared_ptr<Ranks> of_process(std::chrono::seconds patience);
    /// This process without any other.
    static Ranks& none();
    /// The same ranks over connections of their own, for a second thread. All ranks call at the
    /// same time.
    std::shared_ptr<Ranks> second();

    gppo::Index rank() const { return rank_; }
    gppo::Index size() const { return size_; }
    bool alone() const { return size_ == 1; }
    bool leads() const { return rank_ == 0; }

    /// Equal parts of n elements: this rank's, or another's.
    Share share(gppo::Index n) const { return share(n, rank_); }
    Share share(gppo::Index n, gppo::Index rank) const;
    /// Parts of a buffer: equal, but the last rank has what is left over, too. They are cut at
    /// multiples of cut_at(): blocks stay whole.
    Share part(gppo::Index n) const { return part(n, rank_); }
    Share part(gppo::Index n, gppo::Index rank) const;
    void cut_at(gppo::Index multiple) { cut_at_ = multiple; }
    /// This rank's part of items in a row, so that all have about the same of what `sizes` counts.
    Share share_by(std::span<const gppo::Index> sizes) const;

    /// What each rank gives, in their order.
    std::vector<std::string> gather(std::string_view bytes);
    /// The same for one value each.
    template <class T>
    std::vector<T> gather_values(const T& value);
    /// What rank 0 gives.
    std::string broadcast(std::string bytes);
    void broadcast(gppo::StoredView<float> data);

    /// The sum over ranks, everywhere.
    double sum(double value);
    void sum(gppo::View<float> data);
    /// The part of each rank becomes the sum over ranks, there alone.
    void reduce_scatter(gppo::View<float> data);
    /// The part of each rank goes to all.
    void all_gather(gppo::StoredView<float> data);

    /// What the ranks own, put together in rank 0's `whole`, and the other way round. `shares` says
    /// where in the whole each rank's is.
    void collect(gppo::View<const char> own, gppo::View<char> whole, std::span<const Share> shares);
    void distribute(gppo::View<const char> whole, gppo::View<char> own,
                    std::span<const Share> shares);

    /// Throws Error where the connection to another rank has closed. Waits for nothing.
    void expects_alive() const;
    std::chrono::seconds patience() const { return patience_; }

  private:
    using Out = std::vector<std::string_view>;
    using In = std::vector<gppo::View<char>>;
    Out nothing_out() const { return Out(static_cast<std::size_t>(size_)); }
    In nothing_in() const { return In(static_cast<std::size_t>(size_)); }

    gppo::Index rank_ = 0, size_ = 1, cut_at_ = 1;
    std::chrono::seconds patience_{};
    std::unique_ptr<RankLinks> links_;
};

template <class T>
std::vector<T> Ranks::gather_values(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::vector<T> all;
    for (const std::string& bytes :
         gather(std::string_view(reinterpret_cast<const char*>(&value), sizeof value))) {
        all.emplace_back();
        bytes.copy(reinterpret_cast<char*>(&all.back()), sizeof value);
    }
    return all;
}
