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

TEST_CASE("products and sampling read weights that are kept in bf16, as they are or copied",
          "[cuda]") {
    for (const Precision precision : {Precision::fp32, Precision::bf16}) {
        const auto cuda = gpu(precision);
        if (!cuda) return;
        const Cpu cpu(1, precision);
        for (const auto& [m, n, k] : {std::array<Index, 3>{5, 7, 9}, {130, 64, 256}, {1, 2048, 64}})
            for (const bool transposed : {true, false}) {
                CAPTURE(m, n, k, transposed, static_cast<int>(precision));
                const Gemm g{m, n, k, false, transposed};
                const std::vector<float> x = random_values(m * k, 1);
                std::vector<std::uint16_t> w;
                for (const float value : random_values(n * k, 2)) w.push_back(float_to_bf16(value));
                auto dx = cuda->allocate<float>(m * k), dy = cuda->allocate<float>(m * n);
                auto dw = cuda->allocate<std::uint16_t>(n * k);
                cuda->upload(x, dx.view()), cuda->upload(w, dw.view());
                std::vector<float> got(static_cast<std::size_t>(m * n)), want = got;
                cpu.gemm(g, x.data(), w.data(), want.data());
                cuda->gemm(g, dx.data(), dw.data(), dy.data());
                cuda->download(dy.view(), View<float>(got));
                CHECK(distance(got, want) < 1e-5f);
                if (!transposed) continue;
                Cuda::Weights packed;
                cuda->pack(n, k, dw.data(), packed);
                CHECK((packed.matrix.data == dw.data()) ==
                      (precision == Precision::bf16 && k % 8 == 0));
                cuda->packed_product(packed, m, dx.data(), dy.data(), false);
                cuda->download(dy.view(), View<float>(got));
                CHECK(distance(got, want) < 1e-5f);
            }
    }
}
