// SPDX-License-Identifier: Apache-2.0
//
// Greedy completions for tests/oracle/generate.py: reads a model directory that transformers saved
// and its prompts.json ({"prompts": [[id, …], …], "new_tokens", "slots", "threads"}), writes
// completions.json.
#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/pretrained.hpp>
#include <gppo/rollout/generate.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

using namespace gppo;

namespace {

void run(const std::string& directory) {
    std::ifstream file(directory + "/prompts.json");
    const nlohmann::json j = nlohmann::json::parse(file);
    const Pretrained loaded = load_pretrained(directory);
    const Cpu cpu(j.at("threads").get<int>());
    Qwen3<Cpu> model(cpu, loaded.config);
    std::copy(loaded.weights.begin(), loaded.weights.end(), model.weights().begin());
    std::vector<Request> requests;
    for (const auto& prompt : j.at("prompts"))
        requests.push_back({prompt.get<std::vector<std::int32_t>>(), requests.size(),
                            j.at("new_tokens").get<int>()});
    const auto done = generate(model, requests, 1, {.greedy = true}, 0,
                               {.slots = j.at("slots").get<Index>(), .prompt_rows = 7});
    nlohmann::json out = nlohmann::json::array();
    for (const auto& group : done)
        out.push_back({{"tokens", group[0].tokens}, {"logp", group[0].logp}});
    std::ofstream(directory + "/completions.json") << out;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return std::fprintf(stderr, "usage: generate_dump DIRECTORY\n"), 2;
    try {
        run(arguments[1]);
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
