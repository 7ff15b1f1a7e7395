// SPDX-License-Identifier: Apache-2.0
//
// A model on a backend whose memory is not this process's, and the optimizer that steps it there.
// This process has copies of weights and gradients: a copy is brought up to date when it is asked
// for, and the weights go back before the model computes where somebody may have written them.
#pragma once

#include "any_model.hpp"

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/decode.hpp>
#include <gppo/train/adamw_moments.hpp>

#include <optional>
#include <string>
#include <utility>

/// How an optimizer keeps its moments.
struct MomentOptions {
    gppo::MomentStorage storage = gppo::MomentStorage::fp32;
    std::string key = "moments";  // of the configuration, for errors
    bool offload = false;         // they wait in this process's memory
    gppo::RoundingNoise noise = {};
};

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
    /// Before the first step, and to forget the moments: all are 0. Unless null, `home` is where
    /// they stay, in this process's memory, and the two below are not called.
    virtual void begin(const MomentOptions& options, gppo::Moments<>* home) = 0;
    /// Copies of the moments.
    virtual void read_moments(gppo::Moments<>& here) = 0;
    virtual void write_moments(const gppo::Moments<>& here) = 0;
};

template <gppo::Backend K>
    requires(!K::host_memory)
class FarModelOn final : public AnyModel, public FarOptimizer {
  public:
    /// `backend` must outlive it, and is asked for memory when the model computes first.
    FarModelOn(const K& backend, const gppo::Qwen3Config& shape, bool recompute)
        : backend_(&backend),
          config_(shape),
          layout_(gppo::qwen3_layout(shape)),
          recompute_(recompute),
          moments_(backend) {}

    const gppo::Qwen3Config& config() const override { return config_; }
    const gppo::Qwen3Layout& layout() const override { return layout_; }

    gppo::View<float> weights() override {
        fetch_weights();
        weights_written_ = true;
        return weights_.view();
    }
    gppo::View<const float> read_weights() override {
        fetch_weights();
        return weights_.view();
    }
    gppo::View<float> gradients() override {
        gradients_.resize(layout_.count);
        if (gradients_stale_) backend_->download(model().gradients(), gradients_.view());
        gradients_stale_ = false;
        return gradients_.view();
    }
    void zero_gradients() override {
        model().zero_gradients();
        gradients_stale_ = true;
    }
    void initialize(std::uint64_t seed) override {
        model().initialize(seed);
        weights_stale_ = true, weights_written_ = false;
    }
    void rest(bool weights_too) override {
        if (!model_) return;
        gradients_stale_ = false;
        if (!weights_too) return model_->release();
        fetch_weights();
        model_.reset();
        weights_written_ = true;
    }

    void forward(gppo::Packed packed, gppo::Targets targets, float temperature,
                 gppo::View<float> logp, gppo::View<float> entropy) override {
        send_weights();
        model().forward(packed, targets, temperature, logp, entropy);
    }
    void backward(gppo::View<const float> dlogp, gppo::View<const float> dentropy) override {
        model().backward(dlogp, dentropy);
        gradients_stale_ = true;
    }
    void forward_hidden(gppo::Packed packed, gppo::View<const gppo::Index> rows,
                        gppo::View<float> hidden) override {
        send_weights();
        model().forward_hidden(packed, rows, hidden);
    }
    void backward_hidden(gppo::View<const float> dhidden) override {
        model().backward_hidden(dhidden);
        gradients_stale_ = true;
    }

    std::unique_ptr<AnyDecoder> make_decoder([[maybe_unused]] bool frozen) override {
        if constexpr (gppo::DecodeBackend<K>) {
            const auto weights = [this] {
                send_weights();
                return gppo::View<const float>(model().weights());
            };
            return std::make_unique<FarDecoder<K>>(*backend_, config(), layout(), weights, frozen);
        } else {
            return nullptr;
        }
    }

    FarOptimizer* optimizer() override { return this; }
    double squared_norm() override {
        return gppo::squared_norm(*backend_, gppo::View<const float>(model().gradients()));
    }
    void begin(const MomentOptions& options, gppo::Moments<>* home) override {
        moments_ = gppo::Moments<K>(*backend_, options.storage);
        noise_ = options.noise, home_ = home;
    }
    void step(const gppo::AdamWOptions& options, gppo::Index update, double scale) override {
        send_weights();
        const auto by = static_cast<float>(scale);
        const gppo::View<float> weights = model().weights(), gradients = model().gradients();
        if (home_ != nullptr) {
            gppo::adamw_step(*backend_, layout_.tensors, weights, gradients, *home_, moments_,
                             options, update, by, noise_);
        } else {
            make_moments();
            gppo::adamw_step(*backend_, layout_.tensors, weights, gradients, moments_, options,
                             update, by, noise_);
        }
        weights_stale_ = true;
    }
    void read_moments(gppo::Moments<>& here) override {
        make_moments();
        backend_->template download<char>(std::as_const(moments_).bytes(), here.bytes());
    }
    void write_moments(const gppo::Moments<>& here) override {
        make_moments();
        backend_->template upload<char>(here.bytes(), moments_.bytes());
    }

  private:
    gppo::Qwen3<K>& model() {
        if (!model_) model_.emplace(*backend_, config_, recompute_);
        return *model_;
    }
    void fetch_weights() {
        weights_.resize(layout_.count);  // both begin at 0
        if (weights_stale_) backend_->download(model().weights(), weights_.view());
        weights_stale_ = false;
    }
    void send_weights() {
        if (!weights_written_) return;
        backend_->upload(weights_.view(), model().weights());
        weights_written_ = false;
    }
    void make_moments() {
        if (moments_.size() == 0) moments_.reset(layout_.tensors);
    }

    const K* backend_;
    gppo::Qwen3Config config_;
    gppo::Qwen3Layout layout_;
    bool recompute_;
    std::optional<gppo::Qwen3<K>> model_;  // where it is not, its weights are those of this side
    gppo::Moments<K> moments_;             // (weights), from the first step on, or room for some
    gppo::Moments<>* home_ = nullptr;      // where they wait in this process's memory
    gppo::RoundingNoise noise_;
    gppo::Buffer<float> weights_, gradients_;               // this process's
    bool weights_stale_ = false, gradients_stale_ = false;  // the other side's are newer
    bool weights_written_ = false;                          // this side's may be
};
