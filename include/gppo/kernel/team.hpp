// SPDX-License-Identifier: Apache-2.0
//
// A team runs one row. On a CPU it is one thread with SIMD loops (SerialTeam); on a GPU it is a
// thread block. A team function is written once against the Team concept and runs on both.
#pragma once

#include <gppo/core/host_device.hpp>
#include <gppo/core/view.hpp>

#include <concepts>
#include <type_traits>

namespace gppo {

/// A read-only buffer argument whose element type follows from another argument, so that a
/// View<float> converts to it without a cast.
template <class T>
using Read = std::type_identity_t<View<const T>>;

/// What a team is handed, for the concept: nvcc takes no lambda there.
struct ElementWork {
    void operator()(Index) const;
};
struct ElementValue {
    float operator()(Index) const;
};

/// What a team function may ask of its team. `for_each` runs f(i) for every i; `sum` and `max`
/// reduce f(i) and give every member the result. Writes made in one call are seen by the next.
template <class X>
concept Team = requires(const X team, Index n, ElementWork work, ElementValue value) {
    team.for_each(n, work);
    { team.sum(n, value) } -> std::same_as<float>;
    { team.max(n, value) } -> std::same_as<float>;
};

/// One thread. Loops carry `omp simd`, so a body of plain arithmetic vectorises without fast-math.
/// Flattened: a loop with a call left in it does not vectorise, and in a file with many policies
/// GCC stops inlining when the file has grown by its limit (gppo in a file with all policies: 8.3
/// ms a million tokens on one core, 0.75 flattened).
struct SerialTeam {
#ifdef __CUDACC__
#pragma nv_exec_check_disable  // f may be a function of the host alone
#endif
    template <class F>
    [[gnu::flatten]] GPPO_HD void for_each(Index n, F&& f) const {
#ifdef _OPENMP
#pragma omp simd
#endif
        for (Index i = 0; i < n; ++i) f(i);
    }

#ifdef __CUDACC__
#pragma nv_exec_check_disable  // f may be a function of the host alone
#endif
    template <class F>
    [[gnu::flatten]] GPPO_HD auto sum(Index n, F&& f) const {
        // In stretches: where the loop does not vectorise, one sum would lose digits over a long
        // row.
        using Sum = decltype(f(Index{}));  // the type of the terms: float, or double in tests
        constexpr Index stretch = 1024;
        Sum total{};
        for (Index first = 0; first < n; first += stretch) {
            const Index last = n - first < stretch ? n : first + stretch;
            Sum part{};
#ifdef _OPENMP
#pragma omp simd reduction(+ : part)
#endif
            for (Index i = first; i < last; ++i) part += f(i);
            total += part;
        }
        return total;
    }

#ifdef __CUDACC__
#pragma nv_exec_check_disable  // f may be a function of the host alone
#endif
    template <class F>
    GPPO_HD float max(Index n, F&& f) const {
        float best = -__builtin_huge_valf();
#ifdef __clang__
        // Clang vectorises no maximum of floats, because of NaN; side by side it does. Same result.
        float bests[16];
        for (float& x : bests) x = best;
        Index i = 0;
        for (; i + 16 <= n; i += 16) {
            for (Index k = 0; k < 16; ++k) {
                const float x = f(i + k);
                bests[k] = x > bests[k] ? x : bests[k];
            }
        }
        for (const float x : bests) best = x > best ? x : best;
        for (; i < n; ++i) {
            const float x = f(i);
            best = x > best ? x : best;
        }
#else
#ifdef _OPENMP
#pragma omp simd reduction(max : best)
#endif
        for (Index i = 0; i < n; ++i) {
            const float x = f(i);
            best = x > best ? x : best;
        }
#endif
        return best;
    }
};
static_assert(Team<SerialTeam>);

}  // namespace gppo
