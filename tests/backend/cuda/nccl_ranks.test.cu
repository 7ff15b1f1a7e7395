// SPDX-License-Identifier: Apache-2.0
//
// Several ranks are in host_nccl.cpp, over a stand-in.
#include "backend/cuda/gpu.hpp"

#include <gppo/backend/cuda/nccl_ranks.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("an error of NCCL says what to do", "[cuda]") {
    CHECK_NOTHROW(nccl_call(ncclInProgress, "adding up"));
    CHECK_THROWS_WITH(
        nccl_call(ncclInvalidUsage, "adding up"),
        Catch::Matchers::Contains("adding up") && Catch::Matchers::Contains("a GPU of its own"));
}

TEST_CASE("a single rank's buffer stays as it was", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    NcclRanks ranks(0, 1, NcclRanks::make_name(), cuda->stream(),
                    {std::chrono::seconds(60), [] {}});
    const std::vector<float> sent{1, 2, 3, 4, 5};
    CudaBuffer<float> data = cuda->allocate<float>(5);
    cuda->upload(View<const float>(sent), data.view());
    ranks.reduce_scatter(data.view(), 3);
    ranks.all_gather(data.view(), 3);
    std::vector<float> back(5);
    cuda->download(std::as_const(data).view(), View<float>(back));
    CHECK(back == sent);
}
