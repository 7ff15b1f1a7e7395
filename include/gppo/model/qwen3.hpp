// SPDX-License-Identifier: Apache-2.0
//
// Qwen3 (arXiv 2505.09388), written once over the Backend concept: packed sequences in, log-prob
// and entropy of chosen tokens out, and a gradient for each of them back in. Nothing else crosses
// the line.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/kernel/embedding.hpp>
#include <gppo/model/decoder_layer.hpp>
#include <gppo/model/initialize.hpp>
#include <gppo/model/linear_log_prob.hpp>
#include <gppo/model/packed.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gppo {

template <Backend K>
class Qwen3 {
  public:
    /// `recompute` keeps only each layer's input and runs the layer again in backward.
    Qwen3(const K& backend, Qwen3Config config, bool recompute = false)
        : backend_(&backend),
          config_(std::move(config)),
          layout_(qwen3_layout(config_)),
          recompute_(recompute),
          rope_(backend, rope_frequencies(config_), config_.head_dim),
          head_(backend),
          activations_(recompute ? 1 : layout_.layers.size()),
          inputs_(layout_.layers.size() + 1) {
        for (const Qwen3Layer& at : layout_.layers) layers_.emplace_back(backend, config_, at);
        weights_.resize(layout_.count);
    }

    const K& backend() const { return *backend_; }
    const Qwen3Config& config() const { return config_; }
    const Qwen3Layout& layout() const { return layout_; }
    const std::vector<TensorInfo>& tensors() const { return layout_.tensors; }
    View<float> weights() { return weights_.view(); }
    View<const float> weights() const { return weights_.view(); }

    /// Same layout as weights(). Memory is taken on first use, so a model that only samples has
    /// none.
    View<float> gradients() {
        if (gradients_.size() == 0) gradients_.resize(layout_.count);
        return gradients_.view();
    }
    void zero_gradients() { fill_zero(gradients()); }

    /// Random weights (model/initialize.hpp).
    void initialize(std::uint64_t seed) {
        gppo::initialize(*backend_, tensors(), config_.initializer_range, seed, weights());
    }

    /// Fills logp (N) and, unless empty, entropy (N), both under softmax(logits / temperature).
    /// Keeps what backward needs; `packed` and `targets` must stay alive until then.
    void forward(Packed packed, Targets targets, float temperature, View<float> logp,
                 View<float> entropy) {
        check(packed, config_.vocab_size);
        check(targets, packed.tokens.size, config_.vocab_size);
        expects(temperature > 0, "Qwen3::forward: the temperature must be positive");
        expects(logp.size == targets.ids.size, "Qwen3::forward: logp must have one place a target");
        expects(entropy.empty() || entropy.size == logp.size,
                "Qwen3::forward: entropy must be empty or have one place a target");
        run_layers(packed);
        targets_ = targets;
        inverse_temperature_ = 1.0f / temperature;
        gather_hidden();
        head_.forward(head_input(), logp, entropy);
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
        head_.backward(head_input(), dlogp, dentropy, scratch_.dnormed.data(),
                       gradients + layout_.head);
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
        targets_ = {rows, {}};
        gather_hidden();
        std::copy_n(hidden_.data(), hidden.size, hidden.data);
    }

    /// Adds to gradients(), given d loss / d hidden of the last forward_hidden, which it uses up.
    void backward_hidden(View<const float> dhidden /* (N, D) */) {
        expects(forward_done_, "Qwen3::backward_hidden: there is no forward to go back through");
        expects(dhidden.size == targets_.rows.size * config_.hidden_size,
                "Qwen3::backward_hidden: one gradient an element of the last forward_hidden");
        begin_backward();
        std::copy_n(dhidden.data, dhidden.size, scratch_.dnormed.data());
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
        targets_ = {rows, packed.tokens};
        gather_hidden();
        backend_->gemm({packed.tokens.size, config_.vocab_size, config_.hidden_size, false, true},
                       hidden_.data(), weights_.data() + layout_.head, out.data);
        targets_ = {};
        forward_done_ = false;
    }

  private:
    void fill_zero(View<float> out) const {
        constexpr Index chunk = 16384;
        backend_->for_rows((out.size + chunk - 1) / chunk, [=](auto team, Index n) {
            float* const from = out.data + n * chunk;
            team.for_each(math::min(chunk, out.size - n * chunk), [=](Index i) { from[i] = 0.0f; });
        });
    }

    /// Positions and angles of a batch.
    void pack(Packed packed) {
        const Index tokens = packed.tokens.size;
        positions_.resize(static_cast<std::size_t>(tokens));
        Index longest = 0;
        for (Index b = 0; b + 1 < packed.offsets.size; ++b) {
            const Index begin = packed.offsets[b], end = packed.offsets[b + 1];
            longest = math::max(longest, end - begin);
            for (Index t = begin; t < end; ++t)
                positions_[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(t - begin);
        }
        rope_.ensure(longest);
        tokens_ = packed.tokens;
        packed_ = {tokens, packed.offsets, positions_, rope_.angles()};
    }

    /// inputs_[i] = input of layer i; the last one is the output of the stack.
    void run_layers(Packed packed) {
        pack(packed);
        const Index tokens = packed_.tokens, width = config_.hidden_size;
        for (auto& x : inputs_) x.resize(tokens * width);
        backend_->for_rows(tokens, [=, ids = tokens_, to = inputs_[0].data(), table = embeddings()](
                                       auto team, Index t) {
            embedding(team, table, ids[t], View<float>{to + t * width, width});
        });
        for (std::size_t i = 0; i < layers_.size(); ++i)
            layers_[i].forward(packed_, weights_.data(), inputs_[i].data(),
                               activations_[recompute_ ? 0 : i], scratch_, inputs_[i + 1].data());
        forward_done_ = true;
    }

    View<const float> embeddings() const {
        return {weights_.data() + layout_.embedding, config_.vocab_size * config_.hidden_size};
    }

    LinearLogProbInput head_input() const {
        return {targets_.ids.size,
                config_.hidden_size,
                config_.vocab_size,
                hidden_.data(),
                weights_.data() + layout_.head,
                targets_.ids,
                inverse_temperature_};
    }

    /// hidden (N, D) = final norm of the target rows. The stack's output is kept for backward, also
    /// under recomputation, where its buffer is needed again: as `final_`.
    void gather_hidden() {
        const Index width = config_.hidden_size, count = targets_.rows.size;
        hidden_.resize(count * width), final_.resize(count * width), final_scale_.resize(count);
        backend_->for_rows(count, [=, eps = config_.rms_norm_eps, rows = targets_.rows,
                                   x = inputs_.back().data(), y = hidden_.data(),
                                   kept = final_.data(), weight = weights_.data() + layout_.norm,
                                   r = final_scale_.data()](auto team, Index n) {
            const View<float> row{kept + n * width, width};
            embedding(team, {x, 0}, rows[n], row);
            r[n] = rms_norm(team, row, {weight, width}, eps, View<float>{y + n * width, width});
        });
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
            const float* x = inputs_[i].data();
            LayerActivations<K>& a = activations_[recompute_ ? 0 : i];
            if (recompute_)
                layers_[i].forward(packed_, weights_.data(), x, a, scratch_, inputs_.back().data());
            layers_[i].backward(packed_, weights_.data(), x, a, scratch_, dx_.data(), gradients);
        }
        backward_embedding(gradients);
    }

    /// From scratch_.dnormed to dx_ (T, D), the gradient of the stack's output.
    void backward_norm(float* gradients) {
        const Index width = config_.hidden_size, count = targets_.rows.size;
        const Index blocks = (count + norm_block - 1) / norm_block;
        scratch_.partial.resize(blocks * width);
        backend_->for_rows(
            blocks, [=, rows = targets_.rows, x = final_.data(), dx = dx_.data(),
                     dy = scratch_.dnormed.data(), r = final_scale_.data(),
                     partial = scratch_.partial.data(),
                     weight = weights_.data() + layout_.norm](auto team, Index block) {
                const View<float> dw{partial + block * width, width};
                team.for_each(width, [=](Index i) { dw[i] = 0.0f; });
                const Index end = math::min((block + 1) * norm_block, count);
                for (Index n = block * norm_block; n < end; ++n)
                    rms_norm_backward(team, {dy + n * width, width}, {x + n * width, width},
                                      {weight, width}, r[n], true,
                                      View<float>{dx + rows[n] * width, width}, dw);
            });
        add_partials(*backend_, scratch_.partial.view(), width, 0,
                     {gradients + layout_.norm, width});
    }

    /// Sums dx_ by token, occurrences in packed order.
    void backward_embedding(float* gradients) {
        const auto vocabulary = static_cast<std::size_t>(config_.vocab_size);
        first_place_.assign(vocabulary + 1, 0);
        for (const std::int32_t id : tokens_) ++first_place_[static_cast<std::size_t>(id) + 1];
        for (std::size_t v = 0; v < vocabulary; ++v) first_place_[v + 1] += first_place_[v];
        next_place_.assign(first_place_.begin(), first_place_.end() - 1);
        places_.resize(static_cast<std::size_t>(tokens_.size));
        for (Index t = 0; t < tokens_.size; ++t) {
            std::int32_t& next = next_place_[static_cast<std::size_t>(tokens_[t])];
            places_[static_cast<std::size_t>(next++)] = static_cast<std::int32_t>(t);
        }
        backend_->for_rows(
            config_.vocab_size, [width = config_.hidden_size, dx = std::as_const(dx_).view(),
                                 out = gradients + layout_.embedding, first = first_place_.data(),
                                 places = places_.data()](auto team, Index id) {
                embedding_backward(team, {places + first[id], first[id + 1] - first[id]}, dx,
                                   View<float>{out + id * width, width});
            });
    }

    const K* backend_;
    Qwen3Config config_;
    Qwen3Layout layout_;
    bool recompute_;
    FloatBuffer<K> weights_, gradients_;
    RopeTable<K> rope_;
    LinearLogProb<K> head_;
    std::vector<DecoderLayer<K>> layers_;
    std::vector<LayerActivations<K>> activations_;
    std::vector<FloatBuffer<K>> inputs_;  // (T, D) each
    LayerScratch<K> scratch_;
    FloatBuffer<K> hidden_, final_, final_scale_, dx_;  // (N, D), (N, D), (N), (T, D)
    PackedLayout packed_;
    View<const std::int32_t> tokens_;
    Targets targets_;
    float inverse_temperature_ = 1.0f;
    bool forward_done_ = false;
    std::vector<std::int32_t> positions_, first_place_, next_place_, places_;
};

}  // namespace gppo
