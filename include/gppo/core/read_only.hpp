// SPDX-License-Identifier: Apache-2.0
//
// Reads of memory that nobody writes meanwhile.
#pragma once

#include <gppo/core/host_device.hpp>

namespace gppo {

/// *p. On a GPU these reads need not wait for the writes before them, so that a loop over tokens
/// reads ahead. Not for what the same kernel wrote, which they may miss.
template <class T>
GPPO_HD inline T read_only(const T* p) noexcept {
#ifdef __CUDA_ARCH__
    return __ldg(p);
#else
    return *p;
#endif
}

}  // namespace gppo
