// SPDX-License-Identifier: Apache-2.0
//
// Several processes, each with a GPU, that add and share out buffers of their GPUs by NCCL. Nothing
// here blocks for ever: while it waits it asks whether the other ranks are still there, and takes
// the communicator down where one is not.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <chrono>
#include <cstring>
#include <cuda_runtime_api.h>
#include <functional>
#include <nccl.h>
#include <string>
#include <thread>
#include <utility>

namespace gppo {

/// What a person can do about it; "" where that is not known.
inline const char* nccl_remedy(ncclResult_t status) noexcept {
    switch (status) {
        case ncclInvalidUsage:
            return ": each rank needs a GPU of its own, and all of them one version of NCCL";
        case ncclUnhandledCudaError:
        case ncclSystemError:
            return ": NCCL_DEBUG=INFO in the environment says more";
        case ncclRemoteError:
            return ": another rank ended or cannot be reached; start all ranks again with --resume";
        default:
            return "";
    }
}

/// Throws Error unless `status` is success, or work that goes on. `what` says what was being done.
inline void nccl_call(ncclResult_t status, const char* what) {
    expects(status == ncclSuccess || status == ncclInProgress, [&] {
        return "NCCL: " + std::string(what) + ": " + ncclGetErrorString(status) +
               nccl_remedy(status);
    });
}

class NcclRanks {
  public:
    /// How it waits: for `patience` at most, asking `expects_alive`, which throws where another
    /// rank is gone.
    struct Waiting {
        std::chrono::seconds patience{};
        std::function<void()> expects_alive;
    };

    /// The name of a new group of ranks: rank 0 makes it and tells the others.
    static std::string make_name() {
        ncclUniqueId id;
        nccl_call(ncclGetUniqueId(&id), "naming the ranks");
        return std::string(id.internal, sizeof id.internal);
    }

    /// All ranks at the same time, each on its current device. The stream must outlive it.
    NcclRanks(Index rank, Index size, const std::string& name, cudaStream_t stream, Waiting waiting)
        : rank_(rank), size_(size), stream_(stream), waiting_(std::move(waiting)) {
        ncclUniqueId id;
        expects(name.size() == sizeof id.internal, "NCCL: a name that no rank has made");
        std::memcpy(id.internal, name.data(), sizeof id.internal);
        ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
        config.blocking = 0;
        nccl_call(ncclCommInitRankConfig(&ranks_, static_cast<int>(size), id,
                                         static_cast<int>(rank), &config),
                  "joining the ranks");
        settle("joining the ranks");
    }
    ~NcclRanks() {
        if (ranks_ != nullptr) ncclCommAbort(ranks_);  // nothing is on its way: all calls wait
    }
    NcclRanks(const NcclRanks&) = delete;
    NcclRanks& operator=(const NcclRanks&) = delete;

    /// The part of each rank becomes the sum over ranks, there alone. Every rank has `each`
    /// elements, the last what is left over, too.
    void reduce_scatter(View<float> data /* the device's */, Index each) {
        float* const own = data.data + rank_ * each;
        const View<float> rest = rest_of(data, each);
        const char* const what = "adding up";
        nccl_call(ncclGroupStart(), what);
        if (each > 0)
            nccl_call(ncclReduceScatter(data.data, own, static_cast<std::size_t>(each), ncclFloat32,
                                        ncclSum, ranks_, stream_),
                      what);
        if (!rest.empty())
            nccl_call(ncclReduce(rest.data, rest.data, static_cast<std::size_t>(rest.size),
                                 ncclFloat32, ncclSum, last(), ranks_, stream_),
                      what);
        nccl_call(ncclGroupEnd(), what);
        finish(what);
    }

    /// The part of each rank goes to all.
    void all_gather(View<float> data /* the device's */, Index each) {
        float* const own = data.data + rank_ * each;
        const View<float> rest = rest_of(data, each);
        const char* const what = "sharing out";
        nccl_call(ncclGroupStart(), what);
        if (each > 0)
            nccl_call(ncclAllGather(own, data.data, static_cast<std::size_t>(each), ncclFloat32,
                                    ranks_, stream_),
                      what);
        if (!rest.empty())
            nccl_call(ncclBroadcast(rest.data, rest.data, static_cast<std::size_t>(rest.size),
                                    ncclFloat32, last(), ranks_, stream_),
                      what);
        nccl_call(ncclGroupEnd(), what);
        finish(what);
    }

  private:
    using Clock = std::chrono::steady_clock;

    View<float> rest_of(View<float> data, Index each) const {
        return data.slice(size_ * each, data.size - size_ * each);
    }
    int last() const { return static_cast<int>(size_ - 1); }

    /// Until NCCL has started what it was asked for.
    void settle(const char* what) {
        wait(what, [&] {
            ncclResult_t state = ncclSuccess;
            nccl_call(ncclCommGetAsyncError(ranks_, &state), what);
            nccl_call(state, what);
            return state != ncclInProgress;
        });
    }
    /// Until the GPU has done it.
    void finish(const char* what) {
        settle(what);
        wait(what, [&] {
            const cudaError_t state = cudaStreamQuery(stream_);
            expects(state == cudaSuccess || state == cudaErrorNotReady, [&] {
                return "NCCL: " + std::string(what) + ": " + cudaGetErrorString(state);
            });
            ncclResult_t failed = ncclSuccess;
            nccl_call(ncclCommGetAsyncError(ranks_, &failed), what);
            nccl_call(failed, what);
            return state == cudaSuccess;
        });
    }
    template <class F>
    void wait(const char* what, F done) {
        const auto until = Clock::now() + waiting_.patience;
        try {
            while (!done()) {
                waiting_.expects_alive();
                expects(Clock::now() < until, [&] {
                    return "NCCL: " + std::string(what) + ": not done within " +
                           std::to_string(waiting_.patience.count()) + " s (run.rank_timeout)";
                });
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            }
        } catch (...) {
            ncclCommAbort(std::exchange(ranks_, nullptr));  // else the GPU waits for ever
            throw;
        }
    }

    Index rank_, size_;
    cudaStream_t stream_;
    Waiting waiting_;
    ncclComm_t ranks_ = nullptr;
};

}  // namespace gppo
