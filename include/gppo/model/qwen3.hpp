// SPDX-License-Identifier: Apache-2.0
//
// Qwen3 (arXiv 2505.09388), written once over the Backend concept: packed sequences in, log-prob
// and entropy of chosen tokens out, and a gradient for each of them back in. Nothing else crosses
// the line. Batches and those four are the host's; weights() and gradients() are the backend's.
#pragma once

#include <gppo/backend/mirror.hpp>
#include <gppo/core/error.hpp>
#include <gppo/model/activations.hpp>
#include <gppo/model/decoder_layer.hpp>
#include <gppo/model/initialize.hpp>
#include <gppo/model/linear_log_prob.hpp>
#include <gppo/model/packed.hpp>
#include <gppo/model/placed_batch.hpp>
#include <gppo/model/qwen3_rows.hpp>
#include <gppo/model/rounded_activations.hpp>
#include <gppo/model/target_numbers.hpp>

#include <cstdint>
#include <vector>

namespace gppo {

template <Backend K>
class Qwen3 {
  public:
    /// `kept` is of activations, `weights` how the weights are kept; gradients are fp32.
    Qwen3(const K& backend, Qwen3Config config, Activations kept = Activations::kept,
          Precision weights = Precision::fp32)
        : backend_(&backend),
          config_(config),
          layout_(qwen3_layout(config_)),
          kept_(kept),
          weights_(weights),
          read_(backend, layout_.tensors),
          rope_(backend, rope_frequencies(config_), config_.head_dim),
          head_(backend),
          activations_(kept == Activations::kept ? layout_.layers.size() : 1),
          inputs_(static_cast<std::size_t>(layer_inputs(config_, kept))),
          batch_(backend),
          first_(backend),
          second_(backend) {
        for (const Qwen3Layer& at : layout_.layers) {
            layers_.emplace_back(backend, config_, at);
            if (kept == Activations::rounded) rounded_.emplace_back(backend);
        }
        weights_.resize(layout_.count);
    }

    const K& backend() const { return *backend_; }
    const Qwen3Config& config() const { return config_; }
    const Qwen3Layout& layout() const { return layout_; }
    const std::vector<TensorInfo>& tensors() const { return layout_.tensors; }
    StoredView<float> stored_weights() { return weights_.view(); }
    StoredView<const float> stored_weights() const { return weights_.view(); }
    /// Where they are kept in fp32; else throws Error.
    View<float> weights() { return stored_weights().floats(); }
    View<const float> weights() const { return stored_weights().floats(); }

    /// Same layout as weights(). Memory is taken on first use, so a model that only samples has
    /// none.
    View<float> gradients() {
        if (gradients_.size() == 0) gradients_.resize(layout_.count);
        return gradients_.view();
    }
    void zero_gradients() { fill_zero(gradients()); }

    /// Gives back all memory but that of the weights; gradients are lost. What comes next takes it
    /// again.
    void release() {
        forward_done_ = false;
        gradients_ = {}, scratch_ = {};
        for (auto& a : activations_) a = {};
        for (auto& r : rounded_) r = RoundedActivations<K>(*backend_);
        for (auto& x : inputs_) x = {};
        for (FloatBuffer<K>* b : {&hidden_, &final_, &final_scale_, &dx_}) *b = {};
        rope_ = {*backend_, rope_frequencies(config_), config_.head_dim};
        head_ = LinearLogProb<K>(*backend_);
        batch_ = PlacedBatch<K>(*backend_);
        first_ = Mirror<K, float>(*backend_), second_ = Mirror<K, float>(*backend_);
    }

    /// Random weights (model/initialize.hpp).
    void initialize(std::uint64_t seed) {
        gppo::initialize(*backend_, tensors(), config_.initializer_range, seed, stored_weights());
    }

    /// Fills logp (N) and, unless empty, entropy (N), both under softmax(logits / temperature).
    /// Keeps what backward needs; `packed` and `targets` must stay alive until then.
    void forward(Packed packed, Targets targets, float temperature, View<float> logp,
                 View<float> entropy) {
        run_to_head(packed, targets, temperature, logp, entropy);
        head_.forward(head_input(), first_.room(logp), second_.room(entropy));
        first_.fetch(logp);
        second_.fetch(entropy);
    }

    /// Adds to gradients() the gradient of a loss, given d loss / d logp and d loss / d entropy of
    /// the last forward. Uses up that forward: call it once.
    void backward(View<const float> dlogp /* (N) */,
                  View<const float> dentropy /* (N) or empty */) {
        expects(forward_done_, "Qwen3::backward: there is no forward to go back through");
        expects(
            dlogp.size == targets_.ids.size && (dentropy.empty() || dentropy.size == dlogp.size),
            "Qwen3::backward: one gradient a target of the last forward");
        float* const gradients = this->gradients().data;
        begin_backward();
        head_.backward(head_input(), first_.read(dlogp), second_.read(dentropy),
                       scratch_.dnormed.data(), gradients + layout_.head);
        backward_stack(gradients);
    }

    /// Forward and backward in one pass, for gradients that follow from each token alone:
    /// weigh(first, count) is called for all targets, in order, and fills dlogp and dentropy of
    /// these from their logp and entropy. Of the head's logits some rows are kept for a while.
    template <class Weigh>
    void learn(Packed packed, Targets targets, float temperature, const TargetNumbers& of,
               Weigh weigh) {
        of.check();
        run_to_head(packed, targets, temperature, of.logp, of.entropy);
        float* const gradients = this->gradients().data;
        begin_backward();
        const View<float> logp = first_.room(of.logp), entropy = second_.room(of.entropy);
        head_.learn(head_input(), logp, entropy, weigh_on_host(first_, second_, of, weigh),
                    first_.place(of.dlogp),
                    of.dentropy.empty() ? of.dentropy : second_.place(of.dentropy),
                    scratch_.dnormed.data(), gradients + layout_.head);
        backward_stack(gradients);
    }

    /// Fills hidden (N, D), the final norm's output at `rows`: what a head of another kind reads
    /// (reward_head.hpp). `packed` and `rows` must stay alive until backward_hidden.
    void forward_hidden(Packed packed, View<const Index> rows, View<float> hidden) {
        check(packed, config_.vocab_size);
        check_rows(rows, packed.tokens.size);
        expects(hidden.size == rows.size * config_.hidden_size,
                "Qwen3::forward_hidden: hidden must have hidden_size places a row");
        run_layers(packed);
        targets_ = batch_.place(Targets{rows, {}});
        gather_hidden();
        if (!hidden.empty()) backend_->download(hidden_.view(), hidden);
    }

    /// Adds to gradients(), given d loss / d hidden of the last forward_hidden, which it uses up.
    void backward_hidden(View<const float> dhidden /* (N, D) */) {
        expects(forward_done_, "Qwen3::backward_hidden: there is no forward to go back through");
        expects(dhidden.size == targets_.rows.size * config_.hidden_size,
                "Qwen3::backward_hidden: one gradient an element of the last forward_hidden");
        begin_backward();
        if (!dhidden.empty())
            backend_->upload(dhidden, scratch_.dnormed.view().slice(0, dhidden.size));
        backward_stack(gradients().data);
    }

    /// All logits (T, V), for tests and small models.
    void logits(Packed packed, View<float> out) {
        expects(out.size == packed.tokens.size * config_.vocab_size,
                "Qwen3::logits: the output must be tokens x vocab_size");
        std::vector<Index> rows(static_cast<std::size_t>(packed.tokens.size));
        for (std::size_t t = 0; t < rows.size(); ++t) rows[t] = static_cast<Index>(t);
        check(packed, config_.vocab_size);
        run_layers(packed);
        targets_ = batch_.place(Targets{rows, packed.tokens});
        gather_hidden();
        backend_->gemm({packed.tokens.size, config_.vocab_size, config_.hidden_size, false, true},
                       hidden_.data(), read_ + layout_.head, first_.room(out).data);
        first_.fetch(out);
        targets_ = {};
        forward_done_ = false;
    }

  private:
    void fill_zero(View<float> out) const {
        backend_->for_rows((out.size + ZeroChunk::chunk - 1) / ZeroChunk::chunk, ZeroChunk{out});
    }

    /// Checks, and everything before the head.
    void run_to_head(Packed packed, Targets targets, float temperature, View<const float> logp,
                     View<const float> entropy) {
        check(packed, config_.vocab_size);
        check(targets, packed.tokens.size, config_.vocab_size);
        check_room(targets.ids.size, temperature, logp, entropy);
        run_layers(packed);
        targets_ = batch_.place(targets);
        inverse_temperature_ = 1.0f / temperature;
        gather_hidden();
    }

    /// Of layer i; that of one more is the output of the stack.
    FloatBuffer<K>& input(std::size_t i) { return inputs_[i % inputs_.size()]; }
    LayerActivations<K>& activations(std::size_t i) {
        return activations_[i % activations_.size()];
    }

    void run_layers(Packed packed) {
        const Index tokens = packed.tokens.size, width = config_.hidden_size;
        const Index longest = longest_sequence(packed.offsets);
        rope_.ensure(longest);
        read_.read(stored_weights());
        tokens_ = packed.tokens;
        const Packed placed = batch_.place(packed);
        packed_ = {tokens, placed.offsets, batch_.positions(packed), rope_.angles(), longest};
        for (auto& x : inputs_) x.resize(tokens * width);
        backend_->for_rows(
            tokens, EmbedRow{width, read_ + layout_.embedding, placed.tokens, inputs_[0].data()});
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            layers_[i].forward(packed_, read_, input(i).data(), activations(i), scratch_,
                               input(i + 1).data());
            if (!rounded_.empty()) rounded_[i].keep(config_, input(i).view(), activations(i));
        }
        forward_done_ = true;
    }

    LinearLogProbInput head_input() const {
        return {targets_.ids.size,    config_.hidden_size, config_.vocab_size,  hidden_.data(),
                read_ + layout_.head, targets_.ids,        inverse_temperature_};
    }

    /// hidden (N, D) = final norm of the target rows. The stack's output is kept for backward, also
    /// under recomputation, where its buffer is needed again: as `final_`.
    void gather_hidden() {
        const Index width = config_.hidden_size, count = targets_.rows.size;
        hidden_.resize(count * width), final_.resize(count * width), final_scale_.resize(count);
        backend_->for_rows(count, GatherRow{width, config_.rms_norm_eps, targets_.rows,
                                            input(layers_.size()).data(), read_.norm(layout_.norm),
                                            hidden_.data(), final_.data(), final_scale_.data()});
    }

    /// Makes room for scratch_.dnormed (N, D), the gradient of what gather_hidden() made.
    void begin_backward() {
        forward_done_ = false;
        const Index width = config_.hidden_size;
        scratch_.dnormed.resize(math::max(targets_.rows.size, packed_.tokens) * width);
        dx_.resize(packed_.tokens * width);
        fill_zero(dx_.view());
    }

    /// From scratch_.dnormed back through everything.
    void backward_stack(float* gradients) {
        backward_norm(gradients);
        for (std::size_t i = layers_.size(); i-- > 0;) {
            FloatBuffer<K>& x = input(i);
            LayerActivations<K>& a = activations(i);
            if (kept_ == Activations::recomputed)
                layers_[i].forward(packed_, read_, x.data(), a, scratch_, inputs_.back().data());
            if (kept_ == Activations::rounded)
                rounded_[i].restore(config_, layout_.layers[i], read_, x.view(), a);
            layers_[i].backward(packed_, read_, x.data(), a, scratch_, dx_.data(), gradients);
        }
        backward_embedding(gradients);
    }

    /// From scratch_.dnormed to dx_ (T, D), the gradient of the stack's output.
    void backward_norm(float* gradients) {
        const Index width = config_.hidden_size, each = norm_block(K::host_memory);
        const Index blocks = norm_blocks(targets_.rows.size, K::host_memory);
        scratch_.partial.resize(blocks * width);
        backend_->for_rows(
            blocks, GatherBackwardBlock{width, each, targets_.rows, scratch_.dnormed.data(),
                                        final_.data(), read_.norm(layout_.norm),
                                        final_scale_.data(), dx_.data(), scratch_.partial.data()});
        add_partials(*backend_, scratch_.partial.view(), width, 0,
                     {gradients + layout_.norm, width});
    }

    /// Sums dx_ by token, occurrences in packed order.
    void backward_embedding(float* gradients) {
        const Occurrences tokens = batch_.occurrences(tokens_, config_.vocab_size);
        backend_->for_rows(
            config_.vocab_size,
            EmbedBackwardRow{config_.hidden_size, tokens.first.data, tokens.places.data,
                             std::as_const(dx_).view(), gradients + layout_.embedding});
    }

    const K* backend_;
    Qwen3Config config_;
    Qwen3Layout layout_;
    Activations kept_;
    StoredBuffer<K> weights_;
    ReadWeights<K> read_;
    FloatBuffer<K> gradients_;
    RopeTable<K> rope_;
    LinearLogProb<K> head_;
    std::vector<DecoderLayer<K>> layers_;
    std::vector<LayerActivations<K>> activations_;
    std::vector<RoundedActivations<K>> rounded_;  // of each layer, if that is what is kept
    std::vector<FloatBuffer<K>> inputs_;          // (T, D) each
    LayerScratch<K> scratch_;
    FloatBuffer<K> hidden_, final_, final_scale_, dx_;  // (N, D), (N, D), (N), (T, D)
    PlacedBatch<K> batch_;
    Mirror<K, float> first_, second_;  // logp and entropy (N), their gradients, all logits
    PackedLayout packed_;
    View<const std::int32_t> tokens_;  // the host's
    Targets targets_;                  // the backend's
    float inverse_temperature_ = 1.0f;
    bool forward_done_ = false;
};

}  // namespace gppo
