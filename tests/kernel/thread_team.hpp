// SPDX-License-Identifier: Apache-2.0
//
// A team of host threads that keeps the rules of a GPU's thread block: every member calls every
// function, elements are dealt in turn, sums are given to all, and nobody runs ahead. Team
// functions that hold with it hold on the device; ThreadSanitizer sees their races.
#pragma once

#include <gppo/kernel/team.hpp>

#include <array>
#include <barrier>
#include <cstddef>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

class ThreadTeam {
  public:
    static constexpr int width = 4;  // as BlockTeam has

    struct Shared {
        std::barrier<> all{width};
        std::array<std::array<std::byte, 16>, width> parts{};
    };
    ThreadTeam(Shared& shared, int rank) : shared_(&shared), rank_(rank) {}

    int rank() const { return rank_; }

    template <class F>
    void for_each(gppo::Index n, F&& f) const {
        for (gppo::Index i = rank_; i < n; i += width) f(i);
        shared_->all.arrive_and_wait();
    }
    template <class F>
    auto sum(gppo::Index n, F&& f) const {
        using Sum = decltype(f(gppo::Index{}));
        Sum part{};
        for (gppo::Index i = rank_; i < n; i += width) part += f(i);
        return reduce(part, [](Sum a, Sum b) { return a + b; });
    }
    template <class F>
    float max(gppo::Index n, F&& f) const {
        float best = -std::numeric_limits<float>::infinity();
        for (gppo::Index i = rank_; i < n; i += width) {
            const float x = f(i);
            best = x > best ? x : best;
        }
        return reduce(best, [](float a, float b) { return b > a ? b : a; });
    }

  private:
    template <class S, class F>
    S reduce(S part, F both) const {
        static_assert(sizeof(S) <= 16);
        std::memcpy(shared_->parts[static_cast<std::size_t>(rank_)].data(), &part, sizeof(S));
        shared_->all.arrive_and_wait();
        S total{};
        for (std::size_t r = 0; r < width; ++r) {
            S one;
            std::memcpy(&one, shared_->parts[r].data(), sizeof(S));
            total = r == 0 ? one : both(total, one);
        }
        shared_->all.arrive_and_wait();
        return total;
    }

    Shared* shared_;
    int rank_;
};
static_assert(gppo::Team<ThreadTeam>);

/// f(team) by all members; returns what each of them did.
template <class F>
auto side_by_side(F f) {
    ThreadTeam::Shared shared;
    std::vector<decltype(f(ThreadTeam(shared, 0)))> results(ThreadTeam::width);
    std::vector<std::jthread> members;
    for (int rank = 0; rank < ThreadTeam::width; ++rank)
        members.emplace_back(
            [&, rank] { results[static_cast<std::size_t>(rank)] = f(ThreadTeam(shared, rank)); });
    members.clear();
    return results;
}
