// SPDX-License-Identifier: Apache-2.0
//
// Stands in for libgppo_cuda_engine.so where there is no GPU: the trainer's whole way with a model
// whose memory is not its own (tests/cli/cuda_backend.py), over far_memory.hpp; and several ranks
// whose devices reach each other (tests/cli/ranks_far.py), unless GPPO_FAR_APART is set.
#include "backend/far_memory.hpp"
#include "backend/shared_ranks.hpp"
#include "cuda_engine.hpp"
#include "far_decoder.hpp"
#include "far_model.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

const FarMemory* far_memory = nullptr;

std::unique_ptr<AnyModel> make_far_model(const gppo::Qwen3Config& shape, gppo::Activations kept) {
    return std::make_unique<FarModelOn<FarMemory>>(*far_memory, shape, kept);
}

/// Sums are in the order of ranks.
class FarMemoryRanks final : public FarRanks {
  public:
    explicit FarMemoryRanks(const RankCalls& calls)
        : shared_(calls.rank, calls.size,
                  calls.broadcast(calls.rank == 0 ? SharedRanks::make_name() : std::string()),
                  calls.expects_alive) {
        std::fprintf(stderr, "far memory of %d ranks\n", static_cast<int>(calls.size));
    }
    void reduce_scatter(gppo::View<float> data, gppo::Index each) override {
        const FarArena::Open open;
        const gppo::View<float> own = part(data, each, shared_.rank());
        const gppo::Index begin = own.data - data.data;
        shared_.show(data, [&](gppo::Index r, gppo::View<const float> theirs, gppo::Index first) {
            for (gppo::Index i = 0; i < theirs.size; ++i) {
                const gppo::Index at = first + i - begin;
                if (at >= 0 && at < own.size) own[at] = r == 0 ? theirs[i] : own[at] + theirs[i];
            }
        });
    }
    void all_gather(gppo::View<float> data, gppo::Index each) override {
        const FarArena::Open open;
        shared_.show(data, [&](gppo::Index r, gppo::View<const float> theirs, gppo::Index first) {
            const gppo::View<float> to = part(data, each, r);
            const gppo::Index begin = to.data - data.data;
            for (gppo::Index i = 0; i < theirs.size; ++i)
                if (first + i >= begin && first + i < begin + to.size) data[first + i] = theirs[i];
        });
    }

  private:
    gppo::View<float> part(gppo::View<float> data, gppo::Index each, gppo::Index rank) const {
        const gppo::Index first = rank * each;
        return data.slice(first, rank + 1 == shared_.size() ? data.size - first : each);
    }
    SharedRanks shared_;
};

}  // namespace

/// The arena's: GPPO_FAR_MEMORY bytes, so that a test can be refused.
gppo::Index gppo_cuda_memory() {
    const char* const bytes = std::getenv("GPPO_FAR_MEMORY");
    return bytes == nullptr ? 0 : std::atoll(bytes);
}

void gppo_cuda_limit(gppo::Index bytes) {
    device_memory_limit = bytes;
}

MakeModel* gppo_cuda_engine(gppo::Precision precision) {
    if (far_memory == nullptr) far_memory = new FarMemory(1, precision);
    return &make_far_model;
}

FarRanks* gppo_far_ranks(const RankCalls& calls) {
    return std::getenv("GPPO_FAR_APART") != nullptr ? nullptr : new FarMemoryRanks(calls);
}
