// SPDX-License-Identifier: Apache-2.0
//
// gppo::Qwen3 with its backend chosen at run time: forward and backward are one call each, so what
// is behind the call costs nothing. Weights and gradients lie where this process reads and writes
// them, whatever computes: the optimizer, the sampler and the files use them in place. Where a
// backend's memory is another (far_model.hpp), what they see is a copy, made when they ask.
#pragma once

#include "any_decoder.hpp"

#include <gppo/model/qwen3.hpp>

#include <cstdint>
#include <functional>
#include <memory>

class FarOptimizer;  // far_model.hpp

/// Called as weigh(first, count) when logp and entropy of these targets are there: fills their
/// gradients.
using WeighTargets = std::function<void(gppo::Index first, gppo::Index count)>;

/// Its functions are those of gppo::Qwen3.
class AnyModel {
  public:
    virtual ~AnyModel() = default;
    virtual const gppo::Qwen3Config& config() const = 0;
    virtual const gppo::Qwen3Layout& layout() const = 0;
    /// May be written until the next call that computes.
    virtual gppo::StoredView<float> stored_weights() = 0;
    /// The same, to be read only. Whoever kept the view sees the new weights after the next call.
    virtual gppo::StoredView<const float> read_weights() { return stored_weights(); }
    virtual gppo::View<float> gradients() = 0;
    /// Null where the weights are stepped in place.
    virtual FarOptimizer* optimizer() { return nullptr; }
    /// Samples where the model is; `frozen`: from a copy of the weights, beside training. Null
    /// where this process samples, from weights(). The model must outlive it.
    virtual std::unique_ptr<AnyDecoder> make_decoder(bool /*frozen*/) { return nullptr; }
    /// Gives back what it holds of a memory that is not this process's: all but the weights, or
    /// these as well, which then wait here. What comes next takes it again; gradients are lost.
    virtual void rest(bool /*weights_too*/) {}
    virtual void zero_gradients() = 0;
    virtual void initialize(std::uint64_t seed) = 0;
    virtual void forward(gppo::Packed packed, gppo::Targets targets, float temperature,
                         gppo::View<float> logp /*(N)*/,
                         gppo::View<float> entropy /*(N) or empty*/) = 0;
    virtual void backward(gppo::View<const float> dlogp /*(N)*/,
                          gppo::View<const float> dentropy /*(N) or empty*/) = 0;
    virtual void learn(gppo::Packed packed, gppo::Targets targets, float temperature,
                       gppo::View<float> logp /*(N)*/, gppo::View<float> entropy /*(N) or empty*/,
                       gppo::View<const float> dlogp /*(N)*/,
                       gppo::View<const float> dentropy /*(N) or empty*/,
                       const WeighTargets& weigh) = 0;
    virtual void forward_hidden(gppo::Packed packed, gppo::View<const gppo::Index> rows /*(N)*/,
                                gppo::View<float> hidden /*(N, D)*/) = 0;
    virtual void backward_hidden(gppo::View<const float> dhidden /*(N, D)*/) = 0;
};

/// What makes the models of a backend.
using MakeModel = std::unique_ptr<AnyModel>(const gppo::Qwen3Config& shape, gppo::Activations kept,
                                            gppo::Precision weights);

template <gppo::Backend K>
class ModelOn final : public AnyModel {
  public:
    /// `backend` must outlive it.
    ModelOn(const K& backend, const gppo::Qwen3Config& shape, gppo::Activations kept,
            gppo::Precision weights)
        : model_(backend, shape, kept, weights) {}

    const gppo::Qwen3Config& config() const override { return model_.config(); }
    const gppo::Qwen3Layout& layout() const override { return model_.layout(); }
    gppo::StoredView<float> stored_weights() override { return model_.stored_weights(); }
    gppo::View<float> gradients() override { return model_.gradients(); }
    void zero_gradients() override { model_.zero_gradients(); }
    void initialize(std::uint64_t seed) override { model_.initialize(seed); }
    void forward(gppo::Packed packed, gppo::Targets targets, float temperature,
                 gppo::View<float> logp, gppo::View<float> entropy) override {
        model_.forward(packed, targets, temperature, logp, entropy);
    }
    void backward(gppo::View<const float> dlogp, gppo::View<const float> dentropy) override {
        model_.backward(dlogp, dentropy);
    }
    void learn(gppo::Packed packed, gppo::Targets targets, float temperature,
               gppo::View<float> logp, gppo::View<float> entropy, gppo::View<const float> dlogp,
               gppo::View<const float> dentropy, const WeighTargets& weigh) override {
        model_.learn(packed, targets, temperature, {logp, entropy, dlogp, dentropy}, weigh);
    }
    void forward_hidden(gppo::Packed packed, gppo::View<const gppo::Index> rows,
                        gppo::View<float> hidden) override {
        model_.forward_hidden(packed, rows, hidden);
    }
    void backward_hidden(gppo::View<const float> dhidden) override {
        model_.backward_hidden(dhidden);
    }

  private:
    gppo::Qwen3<K> model_;
};
