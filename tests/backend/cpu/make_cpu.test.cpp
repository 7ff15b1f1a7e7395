// SPDX-License-Identifier: Apache-2.0
#include "backend/products.hpp"
#include "catch.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>

#include <functional>

using namespace gppo;

TEST_CASE("a backend has the threads and the precision that were asked for", "[backend][cpu]") {
    CHECK(make_cpu(3, "fp32").threads() == 3);
    CHECK(make_cpu(3, "bf16").threads() == 3);
    CHECK(make_cpu(0, "bf16").threads() == Cpu().threads());
    const Gemm g{20, 30, 64, false, true, 0.0f};
    CHECK(product_error(make_cpu(2, "fp32"), g, std::identity()) < 1e-6);
    CHECK(product_error(make_cpu(2, "bf16"), g, rounded_to_bf16) < 2e-6);
    CHECK(product_error(make_cpu(2, "bf16"), g, std::identity()) > 1e-4);
}

TEST_CASE("an unknown precision is refused by name", "[backend][cpu]") {
    CHECK_THROWS_WITH(make_cpu(1, "fp16"), "precision \"fp16\" is not fp32 or bf16");
}
