// SPDX-License-Identifier: Apache-2.0
//
// Reads the base and the adapters that tests/oracle/lora.py wrote into a directory, and leaves our
// side beside them: logits, the same adapters saved by us, the merged model, the adapters after
// three AdamW steps, and fresh ones.
#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/adapter_directory.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/train/adamw.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace gppo;

namespace {

void train(Qwen3<Cpu>& model, Lora<Cpu>& lora, const nlohmann::json& j, Packed packed,
           Targets targets) {
    const AdamWOptions options{
        .lr = j.at("lr"), .eps = j.at("eps"), .weight_decay = j.at("weight_decay")};
    const auto n = static_cast<std::size_t>(targets.ids.size);
    std::vector<float> logp(n), dlogp(n, -1.0f / static_cast<float>(n));
    Buffer<float> m(lora.weights().size), v(lora.weights().size);
    for (Index step = 1; step <= 3; ++step) {
        model.zero_gradients();
        model.forward(packed, targets, 1.0f, logp, {});
        model.backward(View<const float>(dlogp), {});
        lora.take_gradients(model.gradients());
        adamw_step(lora.backend(), lora.weights(), lora.gradients(), m.view(), v.view(), options,
                   step);
        lora.apply(model.weights());
    }
}

void run(const std::filesystem::path& directory) {
    const auto j = nlohmann::json::parse(read_file(directory / "case.json"));
    const Cpu cpu(j.at("threads").get<int>());
    Qwen3<Cpu> model(cpu, load_config(directory / "base"));
    load_weights(directory / "base", model.config(), model.weights());
    Lora<Cpu> lora(cpu, model.config(), load_adapter_config(directory / "adapter"));
    load_adapters(directory / "adapter", lora.layout(), lora.weights());
    lora.keep_base(model.weights());
    lora.apply(model.weights());

    const auto tokens = j.at("tokens").get<std::vector<std::int32_t>>(),
               ids = j.at("ids").get<std::vector<std::int32_t>>();
    const auto offsets = j.at("offsets").get<std::vector<Index>>(),
               rows = j.at("rows").get<std::vector<Index>>();
    std::vector<float> logits(tokens.size() * static_cast<std::size_t>(model.config().vocab_size));
    model.logits({tokens, offsets}, logits);
    write_file(directory / "logits.bin", std::string(bytes_of(logits)));
    save_adapters(directory / "ours", lora.layout(), lora.config(), lora.weights());
    save_pretrained(directory / "merged", model.config(), model.weights());

    train(model, lora, j, {tokens, offsets}, {rows, ids});
    save_adapters(directory / "trained", lora.layout(), lora.config(), lora.weights());
    lora.initialize(7);
    save_adapters(directory / "fresh", lora.layout(), lora.config(), lora.weights());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return std::fprintf(stderr, "usage: lora_dump DIRECTORY\n"), 2;
    try {
        run(arguments[1]);
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
