// SPDX-License-Identifier: Apache-2.0
//
// Which of the processes of a run this one is, as torchrun or mpirun say in the environment.
#pragma once

#include <gppo/core/view.hpp>

#include <string>

/// How many processes train together.
struct RankCount {
    gppo::Index size = 1, local = 1;  ///< in all; of them on this machine, as far as is known

    /// WORLD_SIZE and LOCAL_WORLD_SIZE, or what Open MPI calls them. Throws Error for nonsense.
    static RankCount from_environment();
};

/// Where several ranks share a machine, each takes one GPU: CUDA_VISIBLE_DEVICES becomes the
/// LOCAL_RANK-th of those it names, or of all. Call it before CUDA begins. It does nothing where
/// one process trains, where the launcher does not say LOCAL_RANK, or where a single GPU is named
/// already. Throws Error where fewer are named than ranks are here.
void take_own_gpu();

/// What a launcher says of this process.
struct Launch {
    gppo::Index rank = 0, size = 1;
    std::string address{};  ///< where rank 0 listens
    int port = 0;

    /// RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT (torchrun), or OMPI_COMM_WORLD_RANK and _SIZE
    /// with the same two (mpirun; on one machine they may be absent). Throws Error naming the
    /// variable that is missing or makes no sense.
    static Launch from_environment();
};
