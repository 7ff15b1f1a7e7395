// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/gpu.hpp"
#include "random_values.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/backend/cuda/cuda_products.hpp>

#include <array>
#include <cstdint>
#include <vector>

using namespace gppo;

TEST_CASE("a matrix tells cuBLASLt how its address is aligned", "[cuda]") {
    const auto alignment = [](std::uintptr_t at) {
        return CudaMatrix{reinterpret_cast<const void*>(at), 1, 1, 1}.alignment();
    };
    CHECK(alignment(0) == 256);
    CHECK(alignment(4096) == 256);
    CHECK(alignment(4096 + 4) == 4);
    CHECK(alignment(4096 + 48) == 16);
}

TEST_CASE("products are those of the CPU, in every orientation", "[cuda]") {
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
        const auto cuda = gpu(precision);
        if (!cuda) return;
        for (const auto& [m, n, k] :
             {std::array<Index, 3>{1, 1, 1}, {5, 7, 9}, {130, 65, 257}, {3, 4, 0}, {64, 2048, 64}})
            for (const bool ta : {false, true})
                for (const bool tb : {false, true})
                    for (const float beta : {0.0f, 1.0f, 0.5f})
                        for (const Index gap : {0, 3}) {
                            Gemm g{m, n, k, ta, tb, beta};
                            g.lda = g.a_stride() + gap, g.ldb = g.b_stride() + gap;
                            g.ldc = g.c_stride() + gap;
                            CAPTURE(m, n, k, ta, tb, beta, gap);
                            const std::vector<float> a = random_values((ta ? k : m) * g.lda, 1),
                                                     b = random_values((tb ? n : k) * g.ldb, 2);
                            std::vector<float> want = random_values(m * g.ldc, 3), got = want;
                            auto da = cuda->allocate<float>(static_cast<Index>(a.size())),
                                 db = cuda->allocate<float>(static_cast<Index>(b.size())),
                                 dc = cuda->allocate<float>(static_cast<Index>(got.size()));
                            cuda->upload(a, da.view()), cuda->upload(b, db.view());
                            cuda->upload(got, dc.view());
                            cuda->gemm(g, da.data(), db.data(), dc.data());
                            cuda->download(dc.view(), View<float>(got));
                            Cpu(1, precision).gemm(g, a.data(), b.data(), want.data());
                            CHECK(distance(got, want) < 1e-5f);
                        }
    }
}
