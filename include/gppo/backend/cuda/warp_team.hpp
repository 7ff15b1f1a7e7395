// SPDX-License-Identifier: Apache-2.0
//
// A team that is one warp of 32 threads, for rows too short for a block: it waits for nobody but
// itself. Sums are made in the same order on every GPU.
#pragma once

#include <gppo/core/view.hpp>
#include <gppo/kernel/team.hpp>

#include <cuda_runtime.h>

namespace gppo {

/// All 32 threads of a warp call every function, in the same order.
struct WarpTeam {
    static constexpr int width = 32;

    template <class F>
    __device__ void for_each(Index n, F&& f) const {
        for (Index i = threadIdx.x % width; i < n; i += width) f(i);
        __syncwarp();
    }

    template <class F>
    __device__ auto sum(Index n, F&& f) const {
        using Sum = decltype(f(Index{}));
        Sum part{};
#pragma unroll 4  // so that a thread has several reads under way
        for (Index i = threadIdx.x % width; i < n; i += width) part += f(i);
        return reduce(part, [](Sum a, Sum b) { return a + b; });
    }

    template <class F>
    __device__ float max(Index n, F&& f) const {
        float best = -__builtin_huge_valf();
        for (Index i = threadIdx.x % width; i < n; i += width) {
            const float x = f(i);
            best = x > best ? x : best;
        }
        return reduce(best, [](float a, float b) { return b > a ? b : a; });
    }

  private:
    /// The threads' parts put together, in every thread: all add the same pairs.
    template <class S, class F>
    __device__ static S reduce(S part, F both) {
        for (int step = width / 2; step > 0; step /= 2)
            part = both(part, __shfl_xor_sync(0xFFFFFFFFu, part, step));
        return part;
    }
};

/// A row function whose rows are a warp's: it says so.
template <class F>
concept NarrowRow = requires { requires F::narrow; };

}  // namespace gppo
