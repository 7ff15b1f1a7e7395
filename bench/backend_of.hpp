// SPDX-License-Identifier: Apache-2.0
//
// What the workers share: a backend of the precision asked for, and a clock.
#pragma once

#ifdef GPPO_ONEDNN
#include <gppo/backend/cpu/onednn.hpp>
#endif
#include <gppo/backend/cpu/cpu.hpp>

#include <chrono>
#include <string>

/// Seconds on a steady clock.
inline double bench_clock() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// What the trainer takes on this machine, for "fp32" or "bf16".
template <class K>
K backend_of(const std::string& precision) {
    if (precision == "fp32") return K();
    gppo::expects(precision == "bf16", "the precision is fp32 or bf16");
#ifdef GPPO_ONEDNN
    if (gppo::OneDnnBf16::has_amx())
        return K(0, gppo::Precision::bf16, gppo::OneDnnBf16(K().threads()));
#endif
    return K(0, gppo::Precision::bf16);
}
