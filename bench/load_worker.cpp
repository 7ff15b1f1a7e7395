// SPDX-License-Identifier: Apache-2.0
//
// Our side of bench/load.py: a checkpoint's directory into a model. Reads "load" on standard input,
// one a line, and answers with {"seconds": ..., "sum": of the weights}.
//   bench_load_worker DIRECTORY
#include "bench_clock.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/pretrained.hpp>

#include <iostream>
#include <string>

int main(int count, char** arguments) try {
    gppo::expects(count == 2, "usage: bench_load_worker DIRECTORY");
    for (std::string line; std::getline(std::cin, line);) {
        const double start = bench_clock();
        const gppo::Qwen3Config config = gppo::load_config(arguments[1]);
        gppo::Buffer<float> weights(gppo::qwen3_layout(config).count);
        gppo::load_weights(arguments[1], config, weights.view());
        const double seconds = bench_clock() - start;
        double sum = 0;
        for (const float weight : weights.view()) sum += static_cast<double>(weight);
        std::cout << "{\"seconds\": " << seconds << ", \"sum\": " << sum << "}" << std::endl;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "worker: " << error.what() << '\n';
    return 1;
}
