// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"

#include <gppo/backend/cuda/block_team.hpp>

using namespace gppo;

namespace {

struct Reduce {
    View<const float> x;
    View<float> out;  // (rows, 3)

    __device__ void operator()(BlockTeam team, Index row) const {
        const float* const data = x.data;
        float* const to = out.data + 3 * row;
        const float sum = team.sum(row, [=](Index i) { return data[i]; });
        const float max = team.max(row, [=](Index i) { return data[i]; });
        const double squares =
            team.sum(row, [=](Index i) { return static_cast<double>(data[i]) * data[i]; });
        team.for_each(3, [=](Index i) {
            to[i] = i == 0 ? sum : i == 1 ? max : static_cast<float>(squares);
        });
    }
};

}  // namespace

TEST_CASE("a block sums and finds the largest of rows of any length", "[cuda]") {
    const auto cuda = gpu();
    if (!cuda) return;
    constexpr Index rows = 1100;
    std::vector<float> x(rows), out(3 * rows);
    for (Index i = 0; i < rows; ++i) x[static_cast<std::size_t>(i)] = static_cast<float>(i % 7) - 3;
    CudaBuffer<float> from = cuda->allocate<float>(rows), to = cuda->allocate<float>(3 * rows);
    from.upload(View<const float>(x.data(), rows));
    cuda->for_rows(rows, Reduce{from.view(), to.view()});
    to.download(View<float>(out));
    cuda->wait();
    float sum = 0, squares = 0, max = -std::numeric_limits<float>::infinity();
    for (std::size_t row = 0; row < rows; ++row) {
        REQUIRE(out[3 * row] == sum);
        REQUIRE(out[3 * row + 1] == max);
        REQUIRE(out[3 * row + 2] == squares);
        sum += x[row], squares += x[row] * x[row], max = std::max(max, x[row]);
    }
}
