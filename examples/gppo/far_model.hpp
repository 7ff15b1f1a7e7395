// SPDX-License-Identifier: Apache-2.0
//
// A model on a backend whose memory is not this process's, and the optimizer that steps it there.
// This process has copies of weights and gradients: a copy is brought up to date when it is asked
// for, and the weights go back before the model computes where somebody may have written them.
#pragma once

#include "any_model.hpp"
#include "far_ranks.hpp"

#include <gppo/backend/cpu/buffer.hpp>
#include <gppo/backend/decode.hpp>
#include <gppo/train/adamw_moments.hpp>
#include <gppo/train/shard.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    /// Before begin(): of several ranks this one steps `count` weights from `first` on from now on,
    /// and what follows is about those. `others` sums their gradients, and has the weights go to
    /// all ranks, of which each but the last has `each`.
    virtual void join(FarRanks& others, gppo::Index first, gppo::Index count, gppo::Index each) = 0;
    virtual bool joined() const = 0;
    /// Sum of squares of the gradients, which are summed over ranks first.
    virtual double squared_norm() = 0;
    /// Step `update`, counted from 1, with the gradients times `scale`. After squared_norm().
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
    FarModelOn(const K& backend, const gppo::Qwen3Config& shape, gppo::Activations kept,
               gppo::Precision weights)
        : backend_(&backend),
          config_(shape),
          layout_(gppo::qwen3_layout(shape)),
          kept_(kept),
          count_(layout_.count),
          stepped_(layout_.tensors),
          moments_(backend),
          now_(backend),
          sums_(backend),
          weights_(weights) {}

    const gppo::Qwen3Config& config() const override { return config_; }
    const gppo::Qwen3Layout& layout() const override { return layout_; }

    gppo::StoredView<float> stored_weights() override {
        fetch_weights();
        weights_written_ = true;
        return weights_.view();
    }
    gppo::StoredView<const float> read_weights() override {
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
    void learn(gppo::Packed packed, gppo::Targets targets, float temperature,
               gppo::View<float> logp, gppo::View<float> entropy, gppo::View<const float> dlogp,
               gppo::View<const float> dentropy, const WeighTargets& weigh) override {
        send_weights();
        model().learn(packed, targets, temperature, {logp, entropy, dlogp, dentropy}, weigh);
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
                return gppo::StoredView<const float>(model().stored_weights());
            };
            return std::make_unique<FarDecoder<K>>(*backend_, config(), layout(), weights, frozen);
        } else {
            return nullptr;
        }
    }

    FarOptimizer* optimizer() override { return this; }
    void join(FarRanks& others, gppo::Index first, gppo::Index count, gppo::Index each) override {
        others_ = &others, first_ = first, count_ = count, each_ = each;
        stepped_ = gppo::shard_of(layout_.tensors, first, count);
    }
    bool joined() const override { return others_ != nullptr; }
    double squared_norm() override {
        if (others_ != nullptr) others_->reduce_scatter(model().gradients(), each_);
        gradients_stale_ = gradients_stale_ || others_ != nullptr;
        return gppo::squared_norm(*backend_, gppo::View<const float>(own(model().gradients())),
                                  sums_);
    }
    void begin(const MomentOptions& options, gppo::Moments<>* home) override {
        moments_ = gppo::Moments<K>(*backend_, options.storage);
        noise_ = options.noise, home_ = home;
        noise_.first += first_;
    }
    void step(const gppo::AdamWOptions& options, gppo::Index update, double scale) override {
        send_weights();
        const auto by = static_cast<float>(scale);
        const gppo::StoredView<float> weights = own(model().stored_weights());
        const gppo::View<float> gradients = own(model().gradients());
        if (home_ != nullptr) {
            gppo::adamw_step(*backend_, stepped_, weights, gradients, *home_, moments_, options,
                             update, by, noise_);
        } else {
            make_moments();
            gppo::adamw_step(*backend_, stepped_, weights, gradients, moments_, options, update, by,
                             noise_, now_);
        }
        if (others_ != nullptr) others_->all_gather(model().weights(), each_);
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
        if (!model_) model_.emplace(*backend_, config_, kept_, weights_.kept());
        return *model_;
    }
    void fetch_weights() {
        weights_.resize(layout_.count);  // both begin at 0
        if (weights_stale_)
            backend_->template download<char>(model().stored_weights().bytes(),
                                              weights_.view().bytes());
        weights_stale_ = false;
    }
    void send_weights() {
        if (!weights_written_) return;
        backend_->template upload<char>(weights_.view().bytes(), model().stored_weights().bytes());
        weights_written_ = false;
    }
    template <class V>
    V own(V all) const {
        return all.slice(first_, count_);
    }
    void make_moments() {
        if (moments_.size() == 0) moments_.reset(stepped_);
    }

    const K* backend_;
    gppo::Qwen3Config config_;
    gppo::Qwen3Layout layout_;
    gppo::Activations kept_;
    std::optional<gppo::Qwen3<K>> model_;  // where it is not, its weights are those of this side
    FarRanks* others_ = nullptr;           // null: this rank steps all weights
    gppo::Index first_ = 0, count_, each_ = 0;
    std::vector<gppo::TensorInfo> stepped_;  // what of them it steps
    gppo::Moments<K> moments_;               // (own), from the first step on, or room for some
    // What a step has of its own. Nothing is taken in a step: recorded kernels would be forgotten.
    gppo::Mirror<K, gppo::AdamWNow> now_;
    gppo::Mirror<K, float> sums_;
    gppo::Moments<>* home_ = nullptr;  // where they wait in this process's memory
    gppo::RoundingNoise noise_;
    gppo::StoredBuffer<gppo::HostMemory> weights_;          // this process's
    gppo::Buffer<float> gradients_;                         // the same
    bool weights_stale_ = false, gradients_stale_ = false;  // the other side's are newer
    bool weights_written_ = false;                          // this side's may be
};
