// SPDX-License-Identifier: Apache-2.0
//
// The CPU backend by the name of a precision, with whatever makes it fastest here: oneDNN where it
// was found at build time and the processor has AMX.
#pragma once

#ifdef GPPO_ONEDNN
#include <gppo/backend/cpu/onednn.hpp>
#endif
#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/core/error.hpp>

#include <string>

namespace gppo {

/// `threads` 0 means all; `precision` is "fp32" or "bf16", else Error. K is Cpu or made from it.
template <class K = Cpu>
K make_cpu(int threads, const std::string& precision) {
    expects(precision == "fp32" || precision == "bf16",
            [&] { return "precision \"" + precision + "\" is not fp32 or bf16"; });
    if (precision == "fp32") return K(threads);
#ifdef GPPO_ONEDNN
    const int count = Cpu(threads).threads();
    if (OneDnnBf16::has_amx()) return K(count, Precision::bf16, OneDnnBf16(count));
#endif
    return K(threads, Precision::bf16);
}

}  // namespace gppo
