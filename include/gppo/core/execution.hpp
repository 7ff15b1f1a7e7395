// SPDX-License-Identifier: Apache-2.0
//
// What runs the loops over a batch: anything with for_rows. `serial` needs the standard library
// only; the backends bring threads.
#pragma once

#include <gppo/core/view.hpp>

namespace gppo {

/// Runs rows one after the other.
struct Serial {
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // f may be a function of the host alone
#endif
    template <class F>
    GPPO_HD void for_each(Index n, F&& f) const {
#ifdef _OPENMP
#pragma omp simd
#endif
        for (Index i = 0; i < n; ++i) f(i);
    }
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // f may be a function of the host alone
#endif
    template <class F>
    GPPO_HD auto sum(Index n, F&& f) const {
        // Eight running sums, as a SIMD loop has: one alone would lose digits over a long sequence.
        using S = decltype(f(Index{}));
        S running[8]{};
        Index i = 0;
        for (; i + 8 <= n; i += 8) {
#ifdef _OPENMP
#pragma omp simd
#endif
            for (Index k = 0; k < 8; ++k) running[k] += f(i + k);
        }
        S total{};
        for (; i < n; ++i) total += f(i);
        for (const S x : running) total += x;
        return total;
    }
    template <class F>
    void for_rows(Index n, F f) const {
        for (Index row = 0; row < n; ++row) f(*this, row);
    }
};
inline constexpr Serial serial{};

/// What an execution is handed, for the concept: nvcc takes no lambda there.
struct RowWork {
    template <class Team>
    void operator()(Team team, Index row) const;
};

/// What evaluate() runs on: something with for_rows(n, f), f(team, row). `serial`, or a Cpu.
template <class X>
concept Execution =
    requires(const X execution, Index n, RowWork work) { execution.for_rows(n, work); };

/// Tokens per block: its three streams fit the first-level cache, so what runs after the policy's
/// loop (KL, diagnostics) reads from there.
inline constexpr Index block_tokens = 2048;

/// At most so many results of one pass are kept before they are added up, in order. A constant, so
/// that no sum depends on the number of threads.
inline constexpr Index most_rows = 256;

}  // namespace gppo
