// SPDX-License-Identifier: Apache-2.0
#include "ranks.hpp"

#include <gppo/core/error.hpp>
#include <gppo/model/stored_tensor.hpp>

#include <algorithm>
#include <numeric>

namespace {

using gppo::Index;
using gppo::View;

constexpr Index reduced_at_once = Index{1} << 20;  // floats of each share

View<char> room_of_floats(View<float> x) {
    return {reinterpret_cast<char*>(x.data), x.size * Index{sizeof(float)}};
}

std::string_view text_of(View<const char> x) {
    return {x.data, static_cast<std::size_t>(x.size)};
}

/// The n-th piece of a share.
Share piece_of(Share share, Index n) {
    const Index first = std::min(n * reduced_at_once, share.count);
    return {share.first + first, std::min(reduced_at_once, share.count - first)};
}

std::size_t place(Index rank) {
    return static_cast<std::size_t>(rank);
}

}  // namespace

Ranks::Ranks(const Launch& launch, std::chrono::seconds patience)
    : rank_(launch.rank),
      size_(launch.size),
      patience_(patience),
      links_(size_ > 1 ? std::make_unique<RankLinks>(launch, patience) : nullptr) {}

std::shared_ptr<Ranks> Ranks::of_process(std::chrono::seconds patience) {
    static const auto ranks = std::make_shared<Ranks>(Launch::from_environment(), patience);
    return ranks;
}

Ranks& Ranks::none() {
    static Ranks one;
    return one;
}

std::shared_ptr<Ranks> Ranks::second() {
    auto again = std::make_shared<Ranks>();
    again->rank_ = rank_, again->size_ = size_, again->cut_at_ = cut_at_;
    again->patience_ = patience_;
    if (!alone()) again->links_ = std::make_unique<RankLinks>(links_->again());
    return again;
}

Share Ranks::share(Index n, Index rank) const {
    const Index first = n * rank / size_;
    return {first, n * (rank + 1) / size_ - first};
}

Share Ranks::part(Index n, Index rank) const {
    const Index each = n / size_ - n / size_ % cut_at_;
    return {rank * each, rank + 1 == size_ ? n - rank * each : each};
}

Share Ranks::share_by(std::span<const Index> sizes) const {
    const Index total = std::accumulate(sizes.begin(), sizes.end(), Index{0});
    Share own{std::ssize(sizes), 0};
    Index before = 0;
    for (Index i = 0; i < std::ssize(sizes); ++i) {
        const Index size = sizes[place(i)];
        // By where its middle lies.
        if (total > 0 && std::min((2 * before + size) * size_ / (2 * total), size_ - 1) == rank_) {
            own.first = std::min(own.first, i);
            ++own.count;
        }
        before += size;
    }
    return own;
}

std::vector<std::string> Ranks::gather(std::string_view bytes) {
    std::vector<std::string> all(place(size_));
    all[place(rank_)] = bytes;
    if (alone()) return all;
    const auto size = static_cast<std::uint64_t>(bytes.size());
    std::vector<std::uint64_t> sizes(place(size_), size);
    Out out = nothing_out();
    In in = nothing_in();
    for (Index r = 0; r < size_; ++r) {
        if (r == rank_) continue;
        out[place(r)] = {reinterpret_cast<const char*>(&size), sizeof size};
        in[place(r)] = {reinterpret_cast<char*>(&sizes[place(r)]), Index{sizeof size}};
    }
    links_->exchange(out, in);
    for (Index r = 0; r < size_; ++r) {
        if (r == rank_) continue;
        all[place(r)].resize(sizes[place(r)]);
        out[place(r)] = bytes;
        in[place(r)] = {all[place(r)].data(), std::ssize(all[place(r)])};
    }
    links_->exchange(out, in);
    return all;
}

std::string Ranks::broadcast(std::string bytes) {
    if (alone()) return bytes;
    return gather(leads() ? std::string_view(bytes) : std::string_view()).front();
}

void Ranks::broadcast(gppo::StoredView<float> data) {
    if (alone()) return;
    Out out = nothing_out();
    In in = nothing_in();
    if (leads())
        std::fill(out.begin() + 1, out.end(), text_of(data.bytes()));
    else
        in.front() = data.bytes();
    links_->exchange(out, in);
}

double Ranks::sum(double value) {
    const std::vector<double> all = gather_values(value);
    return std::accumulate(all.begin(), all.end(), 0.0);
}

void Ranks::sum(View<float> data) {
    reduce_scatter(data);
    all_gather(data);
}

void Ranks::reduce_scatter(View<float> data) {
    if (alone()) return;
    Index largest = 0;
    for (Index r = 0; r < size_; ++r) largest = std::max(largest, part(data.size, r).count);
    std::vector<std::vector<float>> parts(place(size_));
    for (Index n = 0; n * reduced_at_once < largest; ++n) {
        const Share own = piece_of(part(data.size), n);
        Out out = nothing_out();
        In in = nothing_in();
        for (Index r = 0; r < size_; ++r) {
            if (r == rank_) continue;
            const Share theirs = piece_of(part(data.size, r), n);
            out[place(r)] = gppo::bytes_of(data.slice(theirs.first, theirs.count));
            parts[place(r)].resize(place(own.count));
            in[place(r)] = room_of_floats(parts[place(r)]);
        }
        links_->exchange(out, in);
        float* const sum = data.data + own.first;
        for (Index i = 0; i < own.count; ++i) {
            float total = 0;
            for (Index r = 0; r < size_; ++r)
                total += r == rank_ ? sum[i] : parts[place(r)][place(i)];
            sum[i] = total;
        }
    }
}

void Ranks::all_gather(gppo::StoredView<float> data) {
    if (alone()) return;
    const Share own = part(data.size);
    Out out = nothing_out();
    In in = nothing_in();
    for (Index r = 0; r < size_; ++r) {
        if (r == rank_) continue;
        const Share theirs = part(data.size, r);
        out[place(r)] = text_of(data.slice(own.first, own.count).bytes());
        in[place(r)] = data.slice(theirs.first, theirs.count).bytes();
    }
    links_->exchange(out, in);
}

void Ranks::collect(View<const char> own, View<char> whole, std::span<const Share> shares) {
    Out out = nothing_out();
    In in = nothing_in();
    if (leads()) {
        std::copy(own.begin(), own.end(), whole.begin());
        for (Index r = 1; r < size_; ++r)
            in[place(r)] = whole.slice(shares[place(r)].first, shares[place(r)].count);
    } else {
        out.front() = text_of(own);
    }
    if (!alone()) links_->exchange(out, in);
}

void Ranks::distribute(View<const char> whole, View<char> own, std::span<const Share> shares) {
    Out out = nothing_out();
    In in = nothing_in();
    if (leads()) {
        std::copy_n(whole.begin(), own.size, own.begin());
        for (Index r = 1; r < size_; ++r)
            out[place(r)] = text_of(whole.slice(shares[place(r)].first, shares[place(r)].count));
    } else {
        in.front() = own;
    }
    if (!alone()) links_->exchange(out, in);
}

void Ranks::expects_alive() const {
    if (!alone()) links_->expects_alive();
}
