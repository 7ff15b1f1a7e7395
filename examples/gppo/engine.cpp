// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "cuda_engine.hpp"
#include "torch_cuda_engine.hpp"
#include "torch_engine.hpp"

#include <gppo/backend/cpu/make_cpu.hpp>

#include <algorithm>
#include <numeric>

template class gppo::Qwen3<gppo::Cpu>;
template class gppo::Qwen3Decoder<gppo::Cpu>;
template class gppo::Lora<gppo::Cpu>;
template class gppo::RewardHead<gppo::Cpu>;

gppo::Cpu make_cpu(std::int64_t threads, const std::string& precision) {
    return gppo::make_cpu(static_cast<int>(threads), precision);
}

Engine make_engine(const RunConfig& run, std::int64_t threads) {
    gppo::expects(run.device == "cpu" || run.backend != "cpu",
                  "run.device cuda goes with run.backend cuda or torch; leave it at cpu");
    gppo::expects(
        run.backend != "torch" || run.precision == "fp32",
        "run.precision bf16 goes with run.backend cpu or cuda: LibTorch computes in fp32");
    gppo::Cpu cpu = make_cpu(threads, run.precision);
    MakeModel* make = nullptr;
    if (run.backend == "torch")
        make = run.device == "cuda" ? load_torch_cuda_engine(cpu.threads())
                                    : load_torch_engine(cpu.threads());
    if (run.backend == "cuda") {
        make = load_cuda_engine(cpu.precision());
        limit_cuda_memory(static_cast<gppo::Index>(run.device_memory * (1 << 30)));
    }
    return Engine(std::move(cpu), make);
}

Model::Model(const Engine& engine, const gppo::Qwen3Config& shape, gppo::Activations kept,
             gppo::Precision weights)
    : cpu_(&engine),
      on_(engine.make_model != nullptr
              ? engine.make_model(shape, kept, weights)
              : std::make_unique<ModelOn<gppo::Cpu>>(engine, shape, kept, weights)) {}

namespace {

class CpuDecoder final : public AnyDecoder {
  public:
    CpuDecoder(const gppo::Cpu& cpu, const Model& model)
        : model_(&model), decoder_(cpu, model.config(), model.layout(), model.stored_weights()) {}

    void load() override {
        (void)model_->stored_weights();  // brings the copy that the decoder reads up to date
        decoder_.load();
    }
    std::vector<std::vector<gppo::Completion>> complete(std::span<const gppo::Request> requests,
                                                        Index group, const gppo::Sampling& sampling,
                                                        std::uint64_t seed) override {
        return gppo::generate(decoder_, requests, group, sampling, seed);
    }

  private:
    const Model* model_;
    gppo::Qwen3Decoder<gppo::Cpu> decoder_;
};

/// A copy of the model with a backend of its own: one serves one thread at a time.
class FrozenCpuDecoder final : public AnyDecoder {
  public:
    FrozenCpuDecoder(gppo::Cpu cpu, const Model& model)
        : model_(&model),
          backend_(std::move(cpu)),
          copy_(backend_, model.config(), gppo::Activations::kept, model.stored_weights().kept),
          decoder_(backend_, copied()) {}

    void load() override {
        copied();
        decoder_.load();
    }
    std::vector<std::vector<gppo::Completion>> complete(std::span<const gppo::Request> requests,
                                                        Index group, const gppo::Sampling& sampling,
                                                        std::uint64_t seed) override {
        return decoder_.complete(requests, group, sampling, seed);
    }

  private:
    const Model& copied() {
        gppo::copy_stored(model_->stored_weights(), copy_.stored_weights());
        return copy_;
    }

    const Model* model_;
    Engine backend_;
    Model copy_;
    CpuDecoder decoder_;
};

}  // namespace

std::unique_ptr<AnyDecoder> make_decoder(const gppo::Cpu& cpu, Model& model) {
    if (auto there = model.on().make_decoder(false)) return there;
    return std::make_unique<CpuDecoder>(cpu, model);
}

std::unique_ptr<AnyDecoder> make_frozen_decoder(gppo::Cpu cpu, Model& model) {
    if (auto there = model.on().make_decoder(true)) return there;
    return std::make_unique<FrozenCpuDecoder>(std::move(cpu), model);
}

void forward(Model& model, const gppo::PackedBatch& batch, float temperature,
             gppo::View<float> logp, gppo::View<float> entropy) {
    model.on().forward({batch.tokens, batch.offsets}, {batch.rows, batch.targets}, temperature,
                       logp, entropy);
}

void backward(Model& model, gppo::View<const float> dlogp, gppo::View<const float> dentropy) {
    model.on().backward(dlogp, dentropy);
}

void learn(Model& model, const gppo::PackedBatch& batch, float temperature, gppo::View<float> logp,
           gppo::View<float> entropy, gppo::View<const float> dlogp,
           gppo::View<const float> dentropy, const WeighTargets& weigh) {
    model.on().learn({batch.tokens, batch.offsets}, {batch.rows, batch.targets}, temperature, logp,
                     entropy, dlogp, dentropy, weigh);
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
