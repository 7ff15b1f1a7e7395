// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "cuda_engine.hpp"
#include "torch_engine.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>

#include <numeric>

template class gppo::Qwen3<gppo::Cpu>;
template class gppo::Qwen3Decoder<gppo::Cpu>;
template class gppo::Lora<gppo::Cpu>;
template class gppo::RewardHead<gppo::Cpu>;

gppo::Cpu make_cpu(std::int64_t threads, const std::string& precision) {
    return gppo::make_cpu(static_cast<int>(threads), precision);
}

Engine make_engine(const RunConfig& run, std::int64_t threads) {
    gppo::expects(run.device == "cpu" || run.backend == "cuda",
                  "run.device cuda goes with run.backend cuda only; leave it at cpu");
    gppo::expects(
        run.backend != "torch" || run.precision == "fp32",
        "run.precision bf16 goes with run.backend cpu or cuda: LibTorch computes in fp32");
    gppo::Cpu cpu = make_cpu(threads, run.precision);
    MakeModel* make = nullptr;
    if (run.backend == "torch") make = load_torch_engine(cpu.threads());
    if (run.backend == "cuda") make = load_cuda_engine(cpu.precision());
    return Engine(std::move(cpu), make);
}

Model::Model(const Engine& engine, const gppo::Qwen3Config& shape, bool recompute)
    : cpu_(&engine),
      on_(engine.make_model != nullptr
              ? engine.make_model(shape, recompute)
              : std::make_unique<ModelOn<gppo::Cpu>>(engine, shape, recompute)) {}

Decoder make_decoder(const gppo::Cpu& cpu, const Model& model) {
    return {cpu, model.config(), model.layout(), model.weights()};
}

void load(Decoder& decoder, const Model& model) {
    (void)model.weights();  // brings the copy that the decoder reads up to date
    decoder.load();
}

void forward(Model& model, const gppo::PackedBatch& batch, float temperature,
             gppo::View<float> logp, gppo::View<float> entropy) {
    model.on().forward({batch.tokens, batch.offsets}, {batch.rows, batch.targets}, temperature,
                       logp, entropy);
}

void backward(Model& model, gppo::View<const float> dlogp, gppo::View<const float> dentropy) {
    model.on().backward(dlogp, dentropy);
}

double squared_norm(const gppo::Cpu& cpu, gppo::View<const float> x) {
    return gppo::squared_norm(cpu, x);
}

void adamw_step(const gppo::Cpu& cpu, const Stepped& stepped, const gppo::AdamWOptions& options,
                Index update, double scale) {
    gppo::adamw_step(cpu, stepped.tensors, stepped.weights, stepped.gradients, stepped.moments,
                     options, update, static_cast<float>(scale), stepped.noise);
}

void hidden_states(Model& model, const gppo::PackedBatch& batch, gppo::View<float> hidden) {
    std::vector<Index> rows(batch.tokens.size());
    std::iota(rows.begin(), rows.end(), Index{0});
    model.on().forward_hidden({batch.tokens, batch.offsets}, rows, hidden);
}

void score_forward(Model& model, Head& head, const gppo::PackedBatch& batch,
                   gppo::View<const Index> rows, gppo::View<float> hidden,
                   gppo::View<float> scores) {
    model.on().forward_hidden({batch.tokens, batch.offsets}, rows, hidden);
    head.forward(hidden, scores);
}

void score_backward(Model& model, Head& head, gppo::View<const float> hidden,
                    gppo::View<const float> dscores, gppo::View<float> dhidden) {
    head.backward(hidden, dscores, dhidden);
    model.on().backward_hidden(dhidden);
}

std::vector<std::vector<gppo::Completion>> complete(Decoder& decoder,
                                                    std::span<const gppo::Request> requests,
                                                    Index group, const gppo::Sampling& sampling,
                                                    std::uint64_t seed) {
    return gppo::generate(decoder, requests, group, sampling, seed);
}
