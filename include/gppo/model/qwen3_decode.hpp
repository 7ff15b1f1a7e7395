// SPDX-License-Identifier: Apache-2.0
//
// Generation with a Qwen3 model: one step takes any rows, prompt tokens and sampled tokens alike,
// each with the strips of key/value cache that it sees. The team functions are those of training;
// products read weights packed once a rollout. A row's result does not depend on the other rows:
// on the CPU bit for bit, elsewhere as far as the backend's products keep to that.
#pragma once

#include <gppo/backend/decode.hpp>
#include <gppo/model/placed_rows.hpp>
#include <gppo/model/qwen3.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace gppo {

template <DecodeBackend K>
class Qwen3Decoder {
  public:
    using Cache = typename K::Cache;

    /// Reads the model's weights where they are; the model must outlive the decoder.
    explicit Qwen3Decoder(const Qwen3<K>& model)
        : Qwen3Decoder(model.backend(), model.config(), model.layout(), model.stored_weights()) {}

    /// The same for weights in memory which the backend reads, whoever trains them.
    Qwen3Decoder(const K& backend, const Qwen3Config& config, const Qwen3Layout& layout,
                 StoredView<const float> weights /* (layout.count) */)
        : backend_(&backend),
          config_(&config),
          layout_(&layout),
          w_(backend, layout.tensors),
          rope_(backend, rope_frequencies(config), config.head_dim),
          cache_(backend.make_cache(attention_shape(config), config.num_hidden_layers)),
          layers_(layout.layers.size()),
          placed_(backend),
          wanted_(backend) {
        load(weights);
    }

    const K& backend() const { return *backend_; }
    const Qwen3Config& config() const { return *config_; }
    Cache& cache() { return cache_; }

    /// Takes over weights as they are now, those of before or others of the same layout. Call it
    /// after they changed.
    void load() { load(weights_); }
    void load(StoredView<const float> weights /* (layout.count) */) {
        expects(weights.size == layout_->count,
                "Qwen3Decoder: the weights must be those of the layout");
        weights_ = weights;
        w_.read(weights);
        const Qwen3Config& c = config();
        const ReadWeights<K>& w = w_;
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            const Qwen3Layer& at = layout_->layers[i];
            backend().pack(c.qkv_width(), c.hidden_size, w + at.qkv, layers_[i].qkv);
            backend().pack(c.hidden_size, c.query_width(), w + at.o, layers_[i].o);
            backend().pack(2 * c.intermediate_size, c.hidden_size, w + at.gate_up,
                           layers_[i].gate_up);
            backend().pack(c.hidden_size, c.intermediate_size, w + at.down, layers_[i].down);
        }
        backend().pack(c.vocab_size, c.hidden_size, w + layout_->head, head_);
    }

    /// Runs one token a row through all layers and into the cache. Rows of one sequence must come
    /// in the order of their positions, and the strips must hold what came before.
    void step(View<const std::int32_t> tokens /* (R) */, View<const DecodeRow> rows /* (R) */) {
        check_rows(tokens, rows);
        placed_.place(tokens, rows);
        cache_.begin(placed_.rows());
        resize(count());
        const auto layers = [this] { run_layers(); };
        if constexpr (requires { backend().repeat(this, count(), cache_.parts(), layers); })
            backend().repeat(this, count(), cache_.parts(), layers);
        else
            layers();
    }

    /// Logits (N, V) of some rows of the last step. `rows` are the host's, `out` the backend's.
    void logits(View<const Index> rows /* (N) */, View<float> out /* (N, V) */) {
        const Qwen3Config& c = config();
        expects(out.size == rows.size * c.vocab_size,
                "Qwen3Decoder::logits: the output must be rows x vocab_size");
        backend().for_rows(rows.size,
                           NormaliseOnlyRow{c.hidden_size, c.rms_norm_eps, wanted_.read(rows),
                                            x_.data(), w_.norm(layout_->norm), normed_.data()});
        backend().packed_product(head_, rows.size, normed_.data(), out.data, false);
    }

  private:
    struct Layer {
        typename K::Weights qkv, o, gate_up, down;
    };

    static AttentionShape attention_shape(const Qwen3Config& c) {
        return {c.num_attention_heads, c.num_key_value_heads, c.head_dim,
                1.0f / std::sqrt(static_cast<float>(c.head_dim))};
    }

    void check_rows(View<const std::int32_t> tokens, View<const DecodeRow> rows) {
        Index length = 0;
        expects(tokens.size == rows.size, "Qwen3Decoder::step: one token a row");
        for (Index r = 0; r < rows.size; ++r) {
            expects(tokens[r] >= 0 && tokens[r] < config().vocab_size, [&] {
                return "Qwen3Decoder: row " + std::to_string(r) + " is token " +
                       std::to_string(tokens[r]) + "; the vocabulary has " +
                       std::to_string(config().vocab_size);
            });
            expects(rows[r].position() < config().max_position_embeddings, [&] {
                return "Qwen3Decoder: row " + std::to_string(r) + " is at position " +
                       std::to_string(rows[r].position()) + "; the context is " +
                       std::to_string(config().max_position_embeddings);
            });
            length = math::max(length, rows[r].position() + 1);
        }
        rope_.ensure(length);
    }

    Index count() const { return placed_.rows().size; }

    void resize(Index rows) {
        const Qwen3Config& c = config();
        x_.resize(rows * c.hidden_size);
        normed_.resize(rows * c.hidden_size);
        qkv_.resize(rows * c.qkv_width());
        attention_.resize(rows * c.query_width());
        gate_up_.resize(rows * 2 * c.intermediate_size);
        inner_.resize(rows * c.intermediate_size);
    }

    /// What comes again in a step of the same shape: the backend's work alone, on memory that
    /// stays.
    void run_layers() {
        const Qwen3Config& c = config();
        backend().for_rows(
            count(), EmbedRow{c.hidden_size, w_ + layout_->embedding, placed_.tokens(), x_.data()});
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            attention(static_cast<Index>(i));
            feed_forward(static_cast<Index>(i));
        }
    }

    void normalise(Index weight) {
        const Qwen3Config& c = config();
        backend().for_rows(
            count(),
            NormaliseOnlyRow{
                c.hidden_size, c.rms_norm_eps, {}, x_.data(), w_.norm(weight), normed_.data()});
    }

    /// q and k of qkv, in place: norm, then rope.
    void rotate(const Qwen3Layer& at) {
        const Qwen3Config& c = config();
        const RotatedHeads heads{c.num_attention_heads,
                                 c.num_attention_heads + c.num_key_value_heads,
                                 c.head_dim,
                                 c.qkv_width(),
                                 w_.norm(at.q_norm),
                                 w_.norm(at.k_norm),
                                 qkv_.data(),
                                 placed_.positions(),
                                 rope_.angles()};
        const RotateHeadInPlace rotated{heads, c.rms_norm_eps, qkv_.data()};
        if constexpr (K::host_memory)
            backend().for_rows(count(), RotateInPlaceRow{rotated});
        else  // blocks of threads are many and small
            backend().for_rows(count() * heads.heads, rotated);
    }

    void attention(Index layer) {
        const Qwen3Config& c = config();
        const Qwen3Layer& at = layout_->layers[static_cast<std::size_t>(layer)];
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        normalise(at.input_norm);
        backend().packed_product(w.qkv, count(), normed_.data(), qkv_.data(), false);
        rotate(at);
        const float* const keys = qkv_.data() + c.query_width();
        backend().cache_store(cache_, layer, {keys, c.qkv_width()},
                              {keys + c.key_value_width(), c.qkv_width()});
        backend().attention_decode(cache_, layer, {qkv_.data(), c.qkv_width()}, attention_.data());
        backend().packed_product(w.o, count(), attention_.data(), x_.data(), true);
    }

    void feed_forward(Index layer) {
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        normalise(layout_->layers[static_cast<std::size_t>(layer)].post_norm);
        backend().packed_product(w.gate_up, count(), normed_.data(), gate_up_.data(), false);
        backend().for_rows(count(),
                           SwigluRow{config().intermediate_size, gate_up_.data(), inner_.data()});
        backend().packed_product(w.down, count(), inner_.data(), x_.data(), true);
    }

    const K* backend_;
    const Qwen3Config* config_;
    const Qwen3Layout* layout_;
    StoredView<const float> weights_;
    ReadWeights<K> w_;
    RopeTable<K> rope_;
    Cache cache_;
    std::vector<Layer> layers_;
    typename K::Weights head_;
    PlacedRows<K> placed_;
    Mirror<K, Index> wanted_;
    FloatBuffer<K> x_, normed_, qkv_, attention_, gate_up_, inner_;  // (R, …) each
};

}  // namespace gppo
