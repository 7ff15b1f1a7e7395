// SPDX-License-Identifier: Apache-2.0
//
// Loads a model directory as the trainer does and writes the logits of one sequence, for
// tests/oracle/pretrained_logits.py: tokens.bin (int32) in, logits.bin (float32) out, both in the
// work directory. Prints the seconds that loading the weights took.
#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/model/qwen3.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

using namespace gppo;

namespace {

void run(const std::string& directory, const std::string& work) {
    const Cpu cpu(2);
    Qwen3<Cpu> model(cpu, load_config(directory));
    const auto start = std::chrono::steady_clock::now();
    load_weights(directory, model.config(), model.weights());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const MappedFile file(work + "/tokens.bin");
    std::vector<std::int32_t> tokens(file.bytes().size() / sizeof(std::int32_t));
    std::memcpy(tokens.data(), file.bytes().data(), file.bytes().size());
    const std::vector<Index> offsets = {0, static_cast<Index>(tokens.size())};
    std::vector<float> logits(tokens.size() * static_cast<std::size_t>(model.config().vocab_size));
    model.logits({tokens, offsets}, logits);
    write_file(work + "/logits.bin", bytes_of(View<const float>(logits)));
    std::printf("%.3f\n", took.count());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return std::fprintf(stderr, "usage: pretrained_dump DIRECTORY WORK\n"), 2;
    try {
        run(arguments[1], arguments[2]);
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
