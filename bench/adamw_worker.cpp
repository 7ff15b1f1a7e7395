// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/adamw.py: one AdamW step of N fp32 parameters. Reads "step" or "copy" on
// standard input, one a line, and answers with {"seconds": ...}. "copy" moves the same 28 bytes a
// parameter (four arrays read, three written) with no arithmetic but one addition each: what memory
// allows.
//   bench_adamw_worker N
#include "bench_clock.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/train/adamw.hpp>

#include <iostream>
#include <string>

int main(int count, char** arguments) try {
    using gppo::Index;
    const Index n = count > 1 ? std::stoll(arguments[1]) : 100'000'000;
    const gppo::Cpu backend;
    gppo::Buffer<float> weight(n), gradient(n), m(n), v(n);
    for (Index i = 0; i < n; ++i)
        weight[i] = gradient[i] = static_cast<float>(i % 1000) * 1e-3f - 0.5f;
    Index step = 0;
    for (std::string line; std::getline(std::cin, line);) {
        const double start = bench_clock();
        if (line == "step")
            gppo::adamw_step(backend, weight.view(), gradient.view(), m.view(), v.view(),
                             {.lr = 1e-4f, .weight_decay = 0.01f}, ++step);
        else
            backend.for_rows((n + 4095) / 4096, [=, w = weight.data(), g = gradient.data(),
                                                 a = m.data(), b = v.data()](auto team, Index row) {
                const Index first = row * 4096;
                team.for_each(std::min<Index>(4096, n - first), [=](Index i) {
                    const Index at = first + i;
                    const float one = g[at];
                    w[at] += one, a[at] += one, b[at] += one;
                });
            });
        std::cout << "{\"seconds\": " << bench_clock() - start << "}" << std::endl;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "worker: " << error.what() << '\n';
    return 1;
}
