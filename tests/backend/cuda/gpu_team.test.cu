// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"

#include <gppo/backend/cuda/gpu_team.hpp>

#include <algorithm>
#include <limits>
#include <vector>

// Not of this file alone: nvcc would miss a use of `narrow`, which only a concept asks for.
template <class Team>
struct Reduce {
    static constexpr bool narrow = Team::width == 32;
    gppo::View<const float> x;
    gppo::View<float> out;  // (rows, 3)

    __device__ void operator()(Team team, gppo::Index row) const {
        const float* const data = x.data;
        float* const to = out.data + 3 * row;
        const float sum = team.sum(row, [=](gppo::Index i) { return data[i]; });
        const float max = team.max(row, [=](gppo::Index i) { return data[i]; });
        const double squares =
            team.sum(row, [=](gppo::Index i) { return static_cast<double>(data[i]) * data[i]; });
        team.for_each(3, [=](gppo::Index i) {
            to[i] = i == 0 ? sum : i == 1 ? max : static_cast<float>(squares);
        });
    }
};

namespace {

template <class Team>
void check_reductions() {
    const auto cuda = gpu();
    if (!cuda) return;
    constexpr gppo::Index rows = 1101;  // no multiple of what a block has
    std::vector<float> x(rows), out(3 * rows);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
    auto from = cuda->template allocate<float>(rows), to = cuda->template allocate<float>(3 * rows);
    from.upload(gppo::View<const float>(x.data(), rows));
    cuda->for_rows(rows, Reduce<Team>{from.view(), to.view()});
    to.download(gppo::View<float>(out));
    cuda->wait();
    float sum = 0, squares = 0, max = -std::numeric_limits<float>::infinity();
    for (std::size_t row = 0; row < rows; ++row) {
        REQUIRE(out[3 * row] == sum);
        REQUIRE(out[3 * row + 1] == max);
        REQUIRE(out[3 * row + 2] == squares);
        sum += x[row], squares += x[row] * x[row], max = std::max(max, x[row]);
    }
}

}  // namespace

TEST_CASE("a block sums and finds the largest of rows of any length", "[cuda]") {
    check_reductions<gppo::BlockTeam>();
}

TEST_CASE("a warp sums and finds the largest of rows of any length", "[cuda]") {
    check_reductions<gppo::WarpTeam>();
}
