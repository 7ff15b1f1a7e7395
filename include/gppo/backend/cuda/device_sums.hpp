// SPDX-License-Identifier: Apache-2.0
//
// What a policy is bound with where its batch is on the device: sums over sequences are made there,
// and the host sees B of them. It is all that the policies at sequence level need.
#pragma once

#include <gppo/backend/cuda/cuda.hpp>
#include <gppo/core/pieces.hpp>

#include <vector>

namespace gppo {

struct DeviceSums {
    const Cuda* cuda;

    template <class F>
    void for_rows(Index, F) const {
        static_assert(
            sizeof(F) == 0,
            "Clip-Cov, KL-Cov, M2PO and BatchNormal look at all tokens of a step: they are "
            "bound on the host and not on the device");
    }
};

/// Waits for the device.
template <std::floating_point T, class F>
std::vector<PartialSum> sequence_sums(const DeviceSums& sums, const Batch<T>& batch, F term) {
    const Index sequences = batch.sequences();
    CudaBuffer<PartialSum> on_device = sums.cuda->allocate<PartialSum>(sequences);
    sums.cuda->for_rows(
        sequences, SequenceSum<F>{batch.offsets.data, batch.mask.data, term, on_device.data()});
    std::vector<PartialSum> result(static_cast<std::size_t>(sequences));
    sums.cuda->download<PartialSum>(on_device.view(), View<PartialSum>(result));
    return result;
}

}  // namespace gppo
