// SPDX-License-Identifier: Apache-2.0
//
// A model on a backend whose memory is not this process's, and the optimizer that steps it there.
// This process has copies of weights and gradients: a copy is brought up to date when it is asked
// for, and the weights go back before the model computes where somebody may have written them.
#pragma once

#include "any_model.hpp"

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/decode.hpp>
#include <gppo/train/adamw.hpp>

/// far_decoder.hpp, which whoever makes these models includes, too: nobody else compiles
/// generation.
template <gppo::DecodeBackend K>
class FarDecoder;

/// AdamW where the weights, the gradients and the moments are.
class FarOptimizer {
  public:
    virtual ~FarOptimizer() = default;
    /// Sum of squares of the gradients.
    virtual double squared_norm() = 0;
    /// Step `update`, counted from 1, with the gradients times `scale`.
    virtual void step(const gppo::AdamWOptions& options, gppo::Index update, double scale) = 0;
    /// Copies of the moments, which begin at 0.
    virtual void read_moments(gppo::View<float> first /*(weights)*/,
                              gppo::View<float> second /*(weights)*/) = 0;
    virtual void write_moments(gppo::View<const float> first /*(weights)*/,
                               gppo::View<const float> second /*(weights)*/) = 0;
};

template <gppo::Backend K>
    requires(!K::host_memory)
class FarModelOn final : public AnyModel, public FarOptimizer {
  public:
    /// `backend` must outlive it.
    FarModelOn(const K& backend, const gppo::Qwen3Config& shape, bool recompute)
        : backend_(&backend), model_(backend, shape, recompute) {}

    const gppo::Qwen3Config& config() const override { return model_.config(); }
    const gppo::Qwen3Layout& layout() const override { return model_.layout(); }

    gppo::View<float> weights() override {
        fetch(weights_, model_.weights(), weights_stale_);
        weights_written_ = true;
        return weights_.view();
    }
    gppo::View<const float> read_weights() override {
        fetch(weights_, model_.weights(), weights_stale_);
        return weights_.view();
    }
    gppo::View<float> gradients() override {
        fetch(gradients_, model_.gradients(), gradients_stale_);
        return gradients_.view();
    }
    void zero_gradients() override {
        model_.zero_gradients();
        gradients_stale_ = true;
    }
    void initialize(std::uint64_t seed) override {
        model_.initialize(seed);
        weights_stale_ = true, weights_written_ = false;
    }

    void forward(gppo::Packed packed, gppo::Targets targets, float temperature,
                 gppo::View<float> logp, gppo::View<float> entropy) override {
        send_weights();
        model_.forward(packed, targets, temperature, logp, entropy);
    }
    void backward(gppo::View<const float> dlogp, gppo::View<const float> dentropy) override {
        model_.backward(dlogp, dentropy);
        gradients_stale_ = true;
    }
    void forward_hidden(gppo::Packed packed, gppo::View<const gppo::Index> rows,
                        gppo::View<float> hidden) override {
        send_weights();
        model_.forward_hidden(packed, rows, hidden);
    }
    void backward_hidden(gppo::View<const float> dhidden) override {
        model_.backward_hidden(dhidden);
        gradients_stale_ = true;
    }

    std::unique_ptr<AnyDecoder> make_decoder([[maybe_unused]] bool frozen) override {
        if constexpr (gppo::DecodeBackend<K>) {
            const auto weights = [this] {
                send_weights();
                return gppo::View<const float>(model_.weights());
            };
            return std::make_unique<FarDecoder<K>>(*backend_, config(), layout(), weights, frozen);
        } else {
            return nullptr;
        }
    }

    FarOptimizer* optimizer() override { return this; }
    double squared_norm() override {
        return gppo::squared_norm(*backend_, gppo::View<const float>(model_.gradients()));
    }
    void step(const gppo::AdamWOptions& options, gppo::Index update, double scale) override {
        send_weights();
        make_moments();
        gppo::adamw_step(*backend_, model_.tensors(), model_.weights(), model_.gradients(),
                         first_moment_.view(), second_moment_.view(), options, update,
                         static_cast<float>(scale));
        weights_stale_ = true;
    }
    void read_moments(gppo::View<float> first, gppo::View<float> second) override {
        make_moments();
        backend_->download(first_moment_.view(), first);
        backend_->download(second_moment_.view(), second);
    }
    void write_moments(gppo::View<const float> first, gppo::View<const float> second) override {
        make_moments();
        backend_->upload(first, first_moment_.view());
        backend_->upload(second, second_moment_.view());
    }

  private:
    using Floats = gppo::FloatBuffer<K>;

    void fetch(gppo::Buffer<float>& here, gppo::View<const float> there, bool& stale) {
        here.resize(there.size);  // both begin at 0
        if (!stale) return;
        backend_->download(there, here.view());
        stale = false;
    }
    void send_weights() {
        if (!weights_written_) return;
        backend_->upload(weights_.view(), model_.weights());
        weights_written_ = false;
    }
    void make_moments() {
        const gppo::Index count = model_.layout().count;
        if (first_moment_.size() == count) return;
        first_moment_.resize(count), second_moment_.resize(count);
    }

    const K* backend_;
    gppo::Qwen3<K> model_;
    Floats first_moment_, second_moment_;                   // (weights), from the first step on
    gppo::Buffer<float> weights_, gradients_;               // this process's
    bool weights_stale_ = false, gradients_stale_ = false;  // the other side's are newer
    bool weights_written_ = false;                          // this side's may be
};
