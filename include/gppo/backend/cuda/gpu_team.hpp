// SPDX-License-Identifier: Apache-2.0
//
// Teams of a GPU's threads: a block, or a warp of 32 for rows too short for one, which waits for
// nobody but itself. Elements are dealt to threads in turn, so that neighbours read neighbouring
// addresses, and sums are made in the same order on every GPU.
#pragma once

#include <gppo/core/view.hpp>
#include <gppo/kernel/team.hpp>

#include <cuda_runtime.h>

namespace gppo {

/// `threads`, 32 or all of a block, which all call every function, in the same order.
template <int threads>
struct GpuTeam {
    static constexpr int width = threads;
    static constexpr int warps = width / 32;

    template <class F>
    __device__ void for_each(Index n, F&& f) const {
        for (Index i = threadIdx.x % width; i < n; i += width) f(i);
        wait();
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
    __device__ static void wait() {
        if constexpr (warps == 1)
            __syncwarp();
        else
            __syncthreads();
    }

    /// The threads' parts put together, in every thread: those of a warp all add the same pairs.
    template <class S, class F>
    __device__ static S reduce(S part, F both) {
        for (int step = 16; step > 0; step /= 2)
            part = both(part, __shfl_xor_sync(0xFFFFFFFFu, part, step));
        if constexpr (warps == 1) {
            return part;
        } else {
            __shared__ S of_warp[warps];
            if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = part;
            __syncthreads();
            S total = of_warp[0];
            for (int w = 1; w < warps; ++w) total = both(total, of_warp[w]);
            __syncthreads();  // the next reduction writes there again
            return total;
        }
    }
};

using BlockTeam = GpuTeam<256>;
using WarpTeam = GpuTeam<32>;

/// Blocks that a multiprocessor has registers for: the compiler must leave that much. While one
/// adds up, others read.
inline constexpr int blocks_side_by_side = 3;

/// A row function whose rows are a warp's: it says so.
template <class F>
concept NarrowRow = requires { requires F::narrow; };

}  // namespace gppo
