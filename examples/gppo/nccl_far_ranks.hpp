// SPDX-License-Identifier: Apache-2.0
//
// FarRanks by NCCL. One file of a library that has NCCL includes it, and says on which stream.
#pragma once

#include "far_ranks.hpp"

#include <gppo/backend/cuda/nccl_ranks.hpp>

class NcclFarRanks final : public FarRanks {
  public:
    /// `wait` returns when the device has made what is to be added up or shared out.
    NcclFarRanks(const RankCalls& calls, cudaStream_t stream, void (*wait)())
        : wait_(wait),
          ranks_(calls.rank, calls.size,
                 calls.broadcast(calls.rank == 0 ? gppo::NcclRanks::make_name() : std::string()),
                 stream, {calls.patience, calls.expects_alive}) {}
    void reduce_scatter(gppo::View<float> data, gppo::Index each) override {
        wait_();
        ranks_.reduce_scatter(data, each);
    }
    void all_gather(gppo::View<float> data, gppo::Index each) override {
        wait_();
        ranks_.all_gather(data, each);
    }

  private:
    void (*wait_)();
    gppo::NcclRanks ranks_;
};
