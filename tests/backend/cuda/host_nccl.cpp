// SPDX-License-Identifier: Apache-2.0
//
// What NCCL is asked for, without a GPU: its functions stand here over memory of the host, between
// real processes. As the real ones of a communicator that does not block, they return before the
// work is done, which a thread for each communicator does; and an abort ends that.
#include "backend/shared_ranks.hpp"
#include "catch.hpp"

#include <gppo/backend/cuda/nccl_ranks.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <sys/wait.h>
#include <vector>

namespace {

using gppo::Index;
using gppo::View;
using Work = std::function<void(SharedRanks&)>;

struct Aborted {};

std::atomic<int> works_left = 0;       // of the one stream
thread_local std::vector<Work> group;  // between ncclGroupStart and ncclGroupEnd
thread_local ncclComm_t group_of = nullptr;

}  // namespace

struct ncclComm {
    ncclComm(Index rank, Index size, std::string name)
        : worker([this, rank, size, name = std::move(name)] {
              try {
                  SharedRanks ranks(rank, size, name, [this] {
                      if (ended) throw Aborted{};
                  });
                  joined = true;
                  while (const Work work = next()) work(ranks), --works_left;
              } catch (const Aborted&) {
              }
          }) {}
    ~ncclComm() {
        {
            const std::lock_guard lock(mutex);
            ended = true;
        }
        more.notify_one();
        worker.join();
    }
    void add(Work work) {
        const std::lock_guard lock(mutex);
        works.push_back(std::move(work)), ++works_left;
        more.notify_one();
    }
    Work next() {
        std::unique_lock lock(mutex);
        more.wait(lock, [&] { return ended || !works.empty(); });
        if (ended) return nullptr;
        Work work = std::move(works.front());
        works.pop_front();
        return work;
    }

    std::mutex mutex;
    std::condition_variable more;
    std::deque<Work> works;
    std::atomic<bool> ended = false, joined = false;
    std::thread worker;
};

namespace {

ncclResult_t add(ncclComm_t ranks, ncclDataType_t type, Work work) {
    if (type != ncclFloat32 || !ranks->joined) return ncclInvalidArgument;
    group.push_back(std::move(work));
    group_of = ranks;
    return ncclSuccess;
}

/// The sum of elements [first, first + count) of what all ranks send.
std::vector<float> sum_of(SharedRanks& ranks, View<const float> send, Index first, Index count) {
    std::vector<float> sum(static_cast<std::size_t>(count));  // recv may be a part of send
    ranks.show(send, [&](Index, View<const float> theirs, Index at) {
        for (Index i = 0; i < theirs.size; ++i)
            if (at + i >= first && at + i < first + count)
                sum[static_cast<std::size_t>(at + i - first)] += theirs[i];
    });
    return sum;
}

const float* floats(const void* x) {
    return static_cast<const float*>(x);
}

}  // namespace

extern "C" {

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
    const std::string name = SharedRanks::make_name();
    std::memset(id->internal, 0, sizeof id->internal);
    name.copy(id->internal, sizeof id->internal);
    return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* ranks, int size, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
    if (config->blocking != 0) return ncclInvalidArgument;
    *ranks = new ncclComm(rank, size, id.internal);
    return ncclInProgress;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t ranks, ncclResult_t* state) {
    *state = ranks->joined ? ncclSuccess : ncclInProgress;
    return ncclSuccess;
}
ncclResult_t ncclCommAbort(ncclComm_t ranks) {
    delete ranks;
    works_left = 0;
    return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t) {
    return "what went wrong";
}
ncclResult_t ncclGroupStart() {
    return group.empty() ? ncclSuccess : ncclInvalidUsage;
}
ncclResult_t ncclGroupEnd() {
    for (Work& work : group) group_of->add(std::move(work));
    group.clear();
    return ncclSuccess;
}
ncclResult_t ncclReduceScatter(const void* send, void* recv, std::size_t each, ncclDataType_t type,
                               ncclRedOp_t op, ncclComm_t ranks, cudaStream_t) {
    if (op != ncclSum) return ncclInvalidArgument;
    const auto count = static_cast<Index>(each);
    return add(ranks, type, [=](SharedRanks& all) {
        const std::vector<float> sum =
            sum_of(all, {floats(send), count * all.size()}, all.rank() * count, count);
        std::copy(sum.begin(), sum.end(), static_cast<float*>(recv));
    });
}
ncclResult_t ncclReduce(const void* send, void* recv, std::size_t count, ncclDataType_t type,
                        ncclRedOp_t op, int root, ncclComm_t ranks, cudaStream_t) {
    if (op != ncclSum) return ncclInvalidArgument;
    return add(ranks, type, [=](SharedRanks& all) {
        const auto n = static_cast<Index>(count);
        const std::vector<float> sum = sum_of(all, {floats(send), n}, 0, n);
        if (all.rank() == root) std::copy(sum.begin(), sum.end(), static_cast<float*>(recv));
    });
}
ncclResult_t ncclAllGather(const void* send, void* recv, std::size_t each, ncclDataType_t type,
                           ncclComm_t ranks, cudaStream_t) {
    const auto count = static_cast<Index>(each);
    return add(ranks, type, [=](SharedRanks& all) {
        all.show({floats(send), count}, [&](Index r, View<const float> theirs, Index at) {
            std::copy(theirs.begin(), theirs.end(), static_cast<float*>(recv) + r * count + at);
        });
    });
}
ncclResult_t ncclBroadcast(const void* send, void* recv, std::size_t count, ncclDataType_t type,
                           int root, ncclComm_t ranks, cudaStream_t) {
    return add(ranks, type, [=](SharedRanks& all) {
        all.show({floats(send), static_cast<Index>(count)},
                 [&](Index r, View<const float> theirs, Index at) {
                     if (r == root)
                         std::copy(theirs.begin(), theirs.end(), static_cast<float*>(recv) + at);
                 });
    });
}
cudaError_t cudaStreamQuery(cudaStream_t) {
    return works_left > 0 ? cudaErrorNotReady : cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t) {
    return "";
}

}  // extern "C"

using namespace gppo;

namespace {

NcclRanks::Waiting patient() {
    return {std::chrono::seconds(60), [] {}};
}

/// f() in a process of its own, whose status it returns; 9 where it threw.
template <class F>
pid_t process(F f) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    int status = 9;
    try {
        status = f();
    } catch (...) {
    }
    ::_exit(status);
}

int status_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Rank r's element i, in sums that are exact.
float element(Index r, Index i) {
    return static_cast<float>((r + 1) * 1000 + i % 97);
}

/// 0 where the sums and what is shared out are right on this rank, for a buffer of n.
int sums_are_right(NcclRanks& ranks, Index rank, Index size, Index n, Index each) {
    std::vector<float> data(static_cast<std::size_t>(n)), whole = data;
    for (Index i = 0; i < n; ++i) {
        data[static_cast<std::size_t>(i)] = element(rank, i);
        for (Index r = 0; r < size; ++r) whole[static_cast<std::size_t>(i)] += element(r, i);
    }
    ranks.reduce_scatter(data, each);
    const Index first = rank * each, end = rank + 1 == size ? n : first + each;
    for (Index i = first; i < end; ++i)
        if (data[static_cast<std::size_t>(i)] != whole[static_cast<std::size_t>(i)]) return 1;
    ranks.all_gather(data, each);
    return data == whole ? 0 : 2;
}

}  // namespace

TEST_CASE("buffers are summed and shared out between processes", "[cuda]") {
    for (const Index size : {1, 2, 3}) {
        const std::string name = NcclRanks::make_name();
        std::vector<pid_t> children;
        for (Index rank = 0; rank < size; ++rank)
            children.push_back(process([&] {
                NcclRanks ranks(rank, size, name, nullptr, patient());
                for (const Index n : {1, 2, 5, 12, 50001})
                    for (const Index each : {n / size, n / size / 4 * 4})  // the rest may be large
                        if (const int wrong = sums_are_right(ranks, rank, size, n, each))
                            return wrong;
                return 0;
            }));
        for (const pid_t child : children) CHECK(status_of(child) == 0);
    }
}

TEST_CASE("a rank that ends while another waits for it is noticed", "[cuda]") {
    const std::string name = NcclRanks::make_name();
    const pid_t child = process([&] {
        const NcclRanks ranks(1, 2, name, nullptr, patient());
        return 0;
    });
    bool gone = false;
    NcclRanks ranks(0, 2, name, nullptr, {std::chrono::seconds(60), [&] {
                                              gone = gone || ::waitpid(child, nullptr, WNOHANG) > 0;
                                              expects(!gone, "lost rank 1");
                                          }});
    std::vector<float> data(10, 1.0f);
    CHECK_THROWS_WITH(ranks.reduce_scatter(data, 5), Catch::Matchers::Contains("lost rank 1"));
    CHECK(gone);
}

TEST_CASE("a rank that never comes is waited for as long as was said", "[cuda]") {
    CHECK_THROWS_WITH(
        NcclRanks(0, 2, NcclRanks::make_name(), nullptr, {std::chrono::seconds(0), [] {}}),
        Catch::Matchers::Contains("joining the ranks: not done within 0 s"));
}
