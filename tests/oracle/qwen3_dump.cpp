// SPDX-License-Identifier: Apache-2.0
//
// Runs Qwen3 on what tests/oracle/qwen3.py wrote into a directory, and leaves the results beside it
// as raw little-endian arrays: logits, logp, entropy, gradients, and weights after three AdamW
// steps. qwen3_torch_dump is the same on LibTorch.
#ifdef GPPO_DUMP_ON_TORCH
#include <gppo/backend/torch/torch.hpp>
#else
#include <gppo/backend/cpu/cpu.hpp>
#endif
#include <gppo/model/qwen3.hpp>
#include <gppo/train/adamw.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace gppo;

namespace {

template <class T>
std::vector<T> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    expects(file.good(), "qwen3_dump: cannot read " + path);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<T> values(bytes.size() / sizeof(T));
    std::copy_n(bytes.data(), values.size() * sizeof(T), reinterpret_cast<char*>(values.data()));
    return values;
}

void write(const std::string& path, View<const float> values) {
    std::ofstream file(path, std::ios::binary);
    file.write(
        reinterpret_cast<const char*>(values.data),
        static_cast<std::streamsize>(values.size) * static_cast<std::streamsize>(sizeof(float)));
    expects(file.good(), "qwen3_dump: cannot write " + path);
}

Qwen3Config shape(const nlohmann::json& j) {
    Qwen3Config c;
    c.vocab_size = j.at("vocab_size");
    c.hidden_size = j.at("hidden_size");
    c.intermediate_size = j.at("intermediate_size");
    c.num_hidden_layers = j.at("num_hidden_layers");
    c.num_attention_heads = j.at("num_attention_heads");
    c.num_key_value_heads = j.at("num_key_value_heads");
    c.head_dim = j.at("head_dim");
    c.rms_norm_eps = j.at("rms_norm_eps");
    c.rope_theta = j.at("rope_theta");
    c.tie_word_embeddings = j.at("tie_word_embeddings");
    return c;
}

#ifdef GPPO_DUMP_ON_TORCH
Torch make_backend(int) {
    return {};
}
#else
Cpu make_backend(int threads) {
    return Cpu(threads);
}
#endif

void run(const std::string& directory) {
    std::ifstream file(directory + "/case.json");
    const nlohmann::json j = nlohmann::json::parse(file);
    const auto backend = make_backend(j.at("threads").get<int>());
    Qwen3 model(backend, shape(j),
                gppo::activations_from_name(j.at("activations").get<std::string>()));
    const auto weights = read<float>(directory + "/weights.bin");
    expects(static_cast<Index>(weights.size()) == model.weights().size,
            "qwen3_dump: weights.bin holds another number of weights than the model");
    std::copy(weights.begin(), weights.end(), model.weights().begin());
    const auto tokens = read<std::int32_t>(directory + "/tokens.bin");
    const auto offsets = read<Index>(directory + "/offsets.bin"),
               rows = read<Index>(directory + "/rows.bin");
    const auto ids = read<std::int32_t>(directory + "/ids.bin");
    const auto dlogp = read<float>(directory + "/dlogp.bin"),
               dentropy = read<float>(directory + "/dentropy.bin");

    const Packed packed{tokens, offsets};
    std::vector<float> logits(tokens.size() * static_cast<std::size_t>(model.config().vocab_size));
    model.logits(packed, logits);
    write(directory + "/logits.bin", logits);

    std::vector<float> logp(ids.size()), entropy(ids.size());
    auto m = backend.template allocate<float>(model.weights().size);
    auto v = backend.template allocate<float>(model.weights().size);
    const AdamWOptions options{.lr = j.at("lr"),
                               .eps = j.at("eps"),
                               .weight_decay = j.at("weight_decay"),
                               .decay_norms = true};
    const float max_norm = j.at("max_norm");
    for (Index step = 1; step <= 3; ++step) {
        model.zero_gradients();
        model.forward(packed, {rows, ids}, j.at("temperature"), logp, entropy);
        model.backward(dlogp, dentropy);
        if (step == 1) {
            write(directory + "/logp.bin", logp);
            write(directory + "/entropy.bin", entropy);
            write(directory + "/gradients.bin", model.gradients());
        }
        const double norm = std::sqrt(squared_norm(backend, model.gradients()));
        const float scale =
            static_cast<float>(std::min(1.0, static_cast<double>(max_norm) / (norm + 1e-6)));
        adamw_step(backend, model.tensors(), model.weights(), model.gradients(), m.view(), v.view(),
                   options, step, scale);
    }
    write(directory + "/after.bin", model.weights());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return std::fprintf(stderr, "usage: qwen3_dump DIRECTORY\n"), 2;
    try {
        run(arguments[1]);
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "%s\n", error.what()), 1;
    }
    return 0;
}
