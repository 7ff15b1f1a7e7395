// SPDX-License-Identifier: Apache-2.0
//
// Ranks whose models are in far memory (far_model.hpp) and whose devices reach each other:
// gradients and weights go from device to device, and this process only says when. A library of
// such models may export one function for it; without, they go through this process's memory.
#pragma once

#include <gppo/core/view.hpp>

#include <chrono>
#include <functional>
#include <string>

/// Parts of a buffer are Ranks::part(): that of rank r begins at r `each`, the last has the rest,
/// too.
class FarRanks {
  public:
    virtual ~FarRanks() = default;
    /// The part of each rank becomes the sum over ranks, there alone.
    virtual void reduce_scatter(gppo::View<float> data /*(n), the device's*/, gppo::Index each) = 0;
    /// The part of each rank goes to all.
    virtual void all_gather(gppo::View<float> data /*(n), the device's*/, gppo::Index each) = 0;
};

/// What joining needs of the ranks as they are.
struct RankCalls {
    gppo::Index rank = 0, size = 1;
    std::chrono::seconds patience{};
    std::function<std::string(std::string)> broadcast;  ///< what rank 0 says, to all
    std::function<void()> expects_alive;                ///< throws where another rank is gone
};

/// What the library exports: joins the devices of all ranks, which call at the same time. Null, on
/// all of them, where they do not reach each other.
extern "C" FarRanks* gppo_far_ranks(const RankCalls& calls);
using JoinFarRanks = FarRanks*(const RankCalls& calls);

/// The same from the library of run.backend; null where none is loaded or it has no such function.
JoinFarRanks* find_far_ranks(const std::string& backend);
