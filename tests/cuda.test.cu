// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"

#include <gppo/cuda.hpp>

TEST_CASE("the umbrella brings the backend and the objectives", "[cuda]") {
    const gppo::Objective objective{gppo::GroupNorm{}, gppo::Gppo{}, gppo::TokenMean{}};
    using Pass = decltype(&gppo::CudaPass::loss);
    CHECK(objective.clip.high > 0);
    CHECK(std::is_member_function_pointer_v<Pass>);
}
