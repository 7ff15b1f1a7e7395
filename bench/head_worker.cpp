// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/head.py: the fused head on 512 tokens, a vocabulary of 151,936 and width 1,024.
// Reads "forward", "both" or, for one pass with kept logits, "learn" on standard input, one a line,
// and answers with {"seconds": ..., "peak_mib": memory beyond inputs and gradients, "logp": sum,
// "dhidden": sum of squares}.
//   bench_head_worker [bf16]
#include "bench_clock.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>
#include <gppo/core/philox.hpp>
#include <gppo/model/linear_log_prob.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

using gppo::Index;

/// A line of /proc/self/status in MiB.
double memory(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind(key + ":", 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
    return 0;
}

void fill(gppo::View<float> out, float scale, std::uint64_t stream) {
    for (Index i = 0; i < out.size; ++i)
        out[i] =
            scale * (2.0f * gppo::Philox{5}.uniform(stream, static_cast<std::uint64_t>(i)) - 1.0f);
}

double sum_of_squares(gppo::View<const float> x) {
    double total = 0;
    for (const float value : x) total += static_cast<double>(value) * static_cast<double>(value);
    return total;
}

}  // namespace

int main(int count, char** arguments) try {
    constexpr Index rows = 512, width = 1024, vocabulary = 151'936;
    const auto backend = gppo::make_cpu(0, count > 1 ? arguments[1] : "fp32");
    gppo::Buffer<float> hidden(rows * width), weight(vocabulary * width);
    gppo::Buffer<float> dhidden(rows * width), dweight(vocabulary * width);
    gppo::Buffer<float> logp(rows), entropy(rows), dlogp(rows), dentropy(rows);
    fill(hidden.view(), 1.0f, 0), fill(weight.view(), 0.1f, 1), fill(dlogp.view(), 1.0f, 2);
    std::fill_n(dentropy.data(), rows, 0.01f);
    std::vector<std::int32_t> ids;
    for (Index n = 0; n < rows; ++n) ids.push_back(static_cast<std::int32_t>(n * 131 % vocabulary));
    const gppo::LinearLogProbInput input{rows,          width,         vocabulary,
                                         hidden.data(), weight.data(), ids};
    for (std::string line; std::getline(std::cin, line);) {
        std::ofstream("/proc/self/clear_refs") << "5";  // the peak is counted from here
        const double before = memory("VmRSS"), start = bench_clock();
        {
            gppo::LinearLogProb<gppo::Cpu> head(backend);
            if (line == "learn")
                head.learn(
                    input, logp.view(), entropy.view(), [](Index, Index) {},
                    std::as_const(dlogp).view(), std::as_const(dentropy).view(), dhidden.data(),
                    dweight.data());
            else
                head.forward(input, logp.view(), entropy.view());
            if (line == "both")
                head.backward(input, std::as_const(dlogp).view(), std::as_const(dentropy).view(),
                              dhidden.data(), dweight.data());
        }
        const double seconds = bench_clock() - start;
        double total = 0;
        for (const float value : logp.view()) total += static_cast<double>(value);
        std::cout << "{\"seconds\": " << seconds << ", \"peak_mib\": " << memory("VmHWM") - before
                  << ", \"logp\": " << total
                  << ", \"dhidden\": " << sum_of_squares(std::as_const(dhidden).view()) << "}"
                  << std::endl;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "worker: " << error.what() << '\n';
    return 1;
}
