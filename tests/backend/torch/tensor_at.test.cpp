// SPDX-License-Identifier: Apache-2.0
#include "torch.hpp"

using namespace gppo;

TEST_CASE("a tensor of somebody's memory writes there, whatever its strides", "[torch]") {
    std::vector<float> x(12, 0.0f);
    const at::Tensor columns = tensor_at(at::kCPU, at::kFloat, x.data() + 1, {3, 2}, {4, 1});
    columns.fill_(1.0f);
    CHECK(x == std::vector<float>{0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0});
    const at::Tensor transposed = matrix_at(at::kCPU, x.data(), 2, 3, 4, true);
    CHECK(transposed.sizes() == at::IntArrayRef({2, 3}));
    transposed.select(0, 1).fill_(5.0f);
    CHECK(x == std::vector<float>{0, 5, 1, 0, 0, 5, 1, 0, 0, 5, 1, 0});
    CHECK(matrix_at(at::kCPU, x.data(), 2, 3, 4, false).numel() == 6);
}
