// SPDX-License-Identifier: Apache-2.0
//
// Everything that computes for the trainer. It is compiled once, optimised, in engine.cpp; the
// other files only call it, so no slower copy of a kernel can reach the binary.
#pragma once

#include "any_model.hpp"
#include "config.hpp"

#include <gppo/backend/cpu/cpu.hpp>
#include <gppo/model/lora.hpp>
#include <gppo/model/qwen3_decode.hpp>
#include <gppo/model/reward_head.hpp>
#include <gppo/rollout/generate.hpp>
#include <gppo/train/adamw_moments.hpp>
#include <gppo/train/packed_batch.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using gppo::Index;

using Adapter = gppo::Lora<gppo::Cpu>;
using Head = gppo::RewardHead<gppo::Cpu>;
using Moments = gppo::Moments<>;

extern template class gppo::Qwen3<gppo::Cpu>;
extern template class gppo::Qwen3Decoder<gppo::Cpu>;
extern template class gppo::Lora<gppo::Cpu>;
extern template class gppo::RewardHead<gppo::Cpu>;

/// What a run computes with: this processor, but for the models where another backend makes them.
struct Engine : gppo::Cpu {
    explicit Engine(gppo::Cpu cpu, MakeModel* make = nullptr)
        : gppo::Cpu(std::move(cpu)), make_model(make) {}
    MakeModel* make_model;  // null: models compute on this processor, too
};

/// As run.precision and run.backend ask for. Throws Error where that cannot be had.
Engine make_engine(const RunConfig& run, std::int64_t threads);
/// How every weight of the policy is kept.
inline gppo::Precision kept_weights(const Config& config) {
    return config.model.weights == "bf16" ? gppo::Precision::bf16 : gppo::Precision::fp32;
}
/// This processor alone; `precision`, fp32 or bf16, is that of products.
gppo::Cpu make_cpu(std::int64_t threads, const std::string& precision);

/// A Qwen3 on the backend of the engine, which must outlive it.
class Model {
  public:
    Model(const Engine& engine, const gppo::Qwen3Config& shape,
          gppo::Activations kept = gppo::Activations::kept,
          gppo::Precision weights = gppo::Precision::fp32);

    /// Of loops over weights, gradients and moments.
    const gppo::Cpu& backend() const { return *cpu_; }
    const gppo::Qwen3Config& config() const { return on_->config(); }
    const gppo::Qwen3Layout& layout() const { return on_->layout(); }
    const std::vector<gppo::TensorInfo>& tensors() const { return layout().tensors; }
    gppo::StoredView<float> stored_weights() { return on_->stored_weights(); }
    gppo::StoredView<const float> stored_weights() const { return on_->read_weights(); }
    /// Where they are kept in fp32; else throws Error.
    gppo::View<float> weights() { return stored_weights().floats(); }
    gppo::View<const float> weights() const { return stored_weights().floats(); }
    gppo::View<float> gradients() { return on_->gradients(); }
    void zero_gradients() { on_->zero_gradients(); }
    void initialize(std::uint64_t seed) { on_->initialize(seed); }
    AnyModel& on() { return *on_; }

  private:
    const gppo::Cpu* cpu_;
    std::unique_ptr<AnyModel> on_;
};

/// Samples where the model computes if its backend can, else on `cpu`; call load() after the
/// weights changed. The model must outlive it.
std::unique_ptr<AnyDecoder> make_decoder(const gppo::Cpu& cpu, Model& model);
/// The same from a copy of the weights as they were when it was made or loaded last: another
/// thread may use it while the model trains, but for load().
std::unique_ptr<AnyDecoder> make_frozen_decoder(gppo::Cpu cpu, Model& model);

/// Log-probs of the batch's targets at `temperature`, and their entropies unless that is empty.
void forward(Model& model, const gppo::PackedBatch& batch, float temperature,
             gppo::View<float> logp /*(T)*/, gppo::View<float> entropy = {} /*(T) or empty*/);

/// Adds to the gradients, after forward of the same batch.
void backward(Model& model, gppo::View<const float> dlogp /*(T)*/,
              gppo::View<const float> dentropy = {} /*(T) or empty*/);

/// Both in one pass, where each token's gradient follows from the token: `weigh` fills it.
void learn(Model& model, const gppo::PackedBatch& batch, float temperature,
           gppo::View<float> logp /*(T)*/, gppo::View<float> entropy /*(T) or empty*/,
           gppo::View<const float> dlogp /*(T)*/, gppo::View<const float> dentropy /*(T) or empty*/,
           const WeighTargets& weigh);

/// Sum of squares.
double squared_norm(const gppo::Cpu& cpu, gppo::View<const float> x /*(n)*/);

/// What an optimizer steps, all of it or a share: `tensors` say which is where.
struct Stepped {
    const std::vector<gppo::TensorInfo>& tensors;
    gppo::StoredView<float> weights;    // (n)
    gppo::View<const float> gradients;  // (n)
    Moments& moments;                   // (n)
    gppo::RoundingNoise noise;          // of element 0
};

/// Step `update`, counted from 1, with the gradients times `scale`.
void adamw_step(const gppo::Cpu& cpu, const Stepped& stepped, const gppo::AdamWOptions& options,
                Index update, double scale);

/// The final norm's output at every token of the batch. Of that only tokens and offsets are read.
void hidden_states(Model& model, const gppo::PackedBatch& batch,
                   gppo::View<float> hidden /*(T, D)*/);

/// Scores of rows of the batch by a model's head. Fills `hidden`, which backward reads.
void score_forward(Model& model, Head& head, const gppo::PackedBatch& batch,
                   gppo::View<const Index> rows /*(N)*/, gppo::View<float> hidden /*(N, D)*/,
                   gppo::View<float> scores /*(N)*/);

/// Adds to both gradients. `dhidden` is room to work in.
void score_backward(Model& model, Head& head, gppo::View<const float> hidden /*(N, D)*/,
                    gppo::View<const float> dscores /*(N)*/, gppo::View<float> dhidden /*(N, D)*/);
