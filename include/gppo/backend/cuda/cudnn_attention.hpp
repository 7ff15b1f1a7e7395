// SPDX-License-Identifier: Apache-2.0
//
// Which plan of cuDNN a batch runs on. Making one takes a second or two, so each is kept, and
// serves every batch whose sizes are rounded up to the same (cudnn_sizes.hpp).
#pragma once

#include <gppo/backend/cuda/cudnn_plan.hpp>

#include <map>
#include <memory>
#include <utility>

namespace gppo {

class CudnnAttention {
  public:
    explicit CudnnAttention(CudnnDevice device) : device_(std::move(device)) {}

    /// The plan of a run over `kv_heads` of the key/value heads. Good until the next call.
    CudnnPlan& plan(CudnnPlan::Direction direction, const AttentionShape& a,
                    const PackedSizes& sizes, Index kv_heads) {
        const CudnnShape shape = cudnn_shape(a, sizes, kv_heads);
        auto& made = made_[{direction, shape}];
        if (!made) made = std::make_unique<CudnnPlan>(device_, shape, direction);
        return *made;
    }

  private:
    CudnnDevice device_;
    std::map<std::pair<CudnnPlan::Direction, CudnnShape>, std::unique_ptr<CudnnPlan>> made_;
};

}  // namespace gppo
