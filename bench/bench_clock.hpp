// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

/// Seconds on a steady clock.
inline double bench_clock() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}
