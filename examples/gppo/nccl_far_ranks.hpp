// SPDX-License-Identifier: Apache-2.0
//
// FarRanks by NCCL. One file of a library that has NCCL includes it, and says on which stream.
#pragma once

#include "far_ranks.hpp"

#include <gppo/backend/cuda/nccl_ranks.hpp>

class NcclFarRanks final : public FarRanks {
  public:
    NcclFarRanks(const RankCalls& calls, cudaStream_t stream)
        : ranks_(calls.rank, calls.size,
                 calls.broadcast(calls.rank == 0 ? gppo::NcclRanks::make_name() : std::string()),
                 stream, {calls.patience, calls.expects_alive}) {}
    void reduce_scatter(gppo::View<float> data, gppo::Index each) override {
        ranks_.reduce_scatter(data, each);
    }
    void all_gather(gppo::View<float> data, gppo::Index each) override {
        ranks_.all_gather(data, each);
    }

  private:
    gppo::NcclRanks ranks_;
};
