// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"

#include <gppo/backend/cuda/cuda_buffer.hpp>

#include <vector>

using namespace gppo;

TEST_CASE("device memory begins at zero, is copied both ways and moves", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    CudaBuffer<float> buffer = cuda->allocate<float>(1000);
    std::vector<float> host(1000, 1.0f), back(1000);
    buffer.download(View<float>(back));
    cuda->wait();
    CHECK(back == std::vector<float>(1000));
    buffer.upload(View<const float>(host.data(), 1000));
    CudaBuffer<float> other = std::move(buffer);
    CHECK(buffer.size() == 0);
    other.download(View<float>(back));
    cuda->wait();
    CHECK(back == host);
    std::vector<float> narrow(999);
    CHECK_THROWS_AS(other.download(View<float>(narrow)), Error);
    CHECK(cuda->allocate<float>(0).data() == nullptr);
}

TEST_CASE("more memory than there is throws and the next request works", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    CHECK_THROWS_WITH(cuda->allocate<float>(Index{1} << 45), Catch::Contains("device memory"));
    CHECK(cuda->allocate<float>(10).size() == 10);
}
