// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/backend/cuda/cublas_call.hpp>

using namespace gppo;

TEST_CASE("an error of cuBLASLt says what was done, what was wrong and what to do", "[cuda]") {
    CHECK_NOTHROW(cublas_call(CUBLAS_STATUS_SUCCESS, "anything"));
    CHECK_THROWS_WITH(cublas_call(CUBLAS_STATUS_ALLOC_FAILED, "starting a product"),
                      Catch::Contains("cuBLASLt: starting a product: status 3") &&
                          Catch::Contains("make the batch or the model smaller"));
    CHECK_THROWS_WITH(cublas_call(CUBLAS_STATUS_NOT_INITIALIZED, "beginning"),
                      Catch::Contains("driver"));
}
