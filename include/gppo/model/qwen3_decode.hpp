// SPDX-License-Identifier: Apache-2.0
//
// Generation with a Qwen3 model: one step takes any rows, prompt tokens and sampled tokens alike,
// each with the strips of key/value cache that it sees. The team functions are those of training;
// products read weights packed once a rollout. A row's result does not depend on the other rows,
// bit for bit.
#pragma once

#include <gppo/backend/decode.hpp>
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
        : Qwen3Decoder(model.backend(), model.config(), model.layout(), model.weights()) {}

    /// The same for weights that another backend trains in memory which this one reads.
    Qwen3Decoder(const K& backend, const Qwen3Config& config, const Qwen3Layout& layout,
                 View<const float> weights /* (layout.count) */)
        : backend_(&backend),
          config_(&config),
          layout_(&layout),
          weights_(weights.data),
          rope_(backend, rope_frequencies(config), config.head_dim),
          cache_(attention_shape(config), config.num_hidden_layers),
          layers_(layout.layers.size()) {
        expects(weights.size == layout.count,
                "Qwen3Decoder: the weights must be those of the layout");
        load();
    }

    const K& backend() const { return *backend_; }
    const Qwen3Config& config() const { return *config_; }
    Cache& cache() { return cache_; }

    /// Takes over the model's weights as they are now. Call it after they changed.
    void load() {
        const Qwen3Config& c = config();
        const float* const w = weights_;
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
        const Index width = config().hidden_size;
        check_rows(tokens, rows);
        resize(rows.size);
        const float* const w = weights_;
        backend().for_rows(rows.size, [=, x = x_.data(), first = layout_->embedding,
                                       vocabulary = config().vocab_size](auto team, Index r) {
            embedding(team, {w + first, vocabulary * width}, tokens[r],
                      View<float>{x + r * width, width});
        });
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            attention(static_cast<Index>(i), rows);
            feed_forward(static_cast<Index>(i), rows.size);
        }
    }

    /// Logits (N, V) of some rows of the last step.
    void logits(View<const Index> rows /* (N) */, View<float> out /* (N, V) */) {
        const Index width = config().hidden_size;
        expects(out.size == rows.size * config().vocab_size,
                "Qwen3Decoder::logits: the output must be rows x vocab_size");
        backend().for_rows(rows.size,
                           [=, x = x_.data(), y = normed_.data(), weight = weights_ + layout_->norm,
                            eps = config().rms_norm_eps](auto team, Index n) {
                               rms_norm(team, {x + rows[n] * width, width}, {weight, width}, eps,
                                        View<float>{y + n * width, width});
                           });
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

    void resize(Index rows) {
        const Qwen3Config& c = config();
        x_.resize(rows * c.hidden_size);
        normed_.resize(rows * c.hidden_size);
        qkv_.resize(rows * c.qkv_width());
        attention_.resize(rows * c.query_width());
        gate_up_.resize(rows * 2 * c.intermediate_size);
        inner_.resize(rows * c.intermediate_size);
    }

    void normalise(Index rows, Index weight) {
        backend().for_rows(
            rows, [=, width = config().hidden_size, x = x_.data(), y = normed_.data(),
                   w = weights_ + weight, eps = config().rms_norm_eps](auto team, Index r) {
                rms_norm(team, {x + r * width, width}, {w, width}, eps,
                         View<float>{y + r * width, width});
            });
    }

    /// q and k of qkv, in place: norm, then rope.
    void rotate(const Qwen3Layer& at, View<const DecodeRow> rows) {
        const Qwen3Config& c = config();
        const float* const w = weights_;
        backend().for_rows(
            rows.size, [=, queries = c.num_attention_heads,
                        heads = c.num_attention_heads + c.num_key_value_heads, d = c.head_dim,
                        stride = c.qkv_width(), qkv = qkv_.data(), eps = c.rms_norm_eps,
                        q_norm = w + at.q_norm, k_norm = w + at.k_norm,
                        angles = rope_.angles()](auto team, Index r) {
                const Index position = rows[r].position();
                for (Index h = 0; h < heads; ++h) {
                    const View<float> head{qkv + r * stride + h * d, d};
                    rms_norm(team, head, {h < queries ? q_norm : k_norm, d}, eps, head);
                    rope(team, angles.cosines(position), angles.sines(position), head);
                }
            });
    }

    void attention(Index layer, View<const DecodeRow> rows) {
        const Qwen3Config& c = config();
        const Qwen3Layer& at = layout_->layers[static_cast<std::size_t>(layer)];
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        normalise(rows.size, at.input_norm);
        backend().packed_product(w.qkv, rows.size, normed_.data(), qkv_.data(), false);
        rotate(at, rows);
        const float* const keys = qkv_.data() + c.query_width();
        backend().cache_store(cache_, layer, rows, {keys, c.qkv_width()},
                              {keys + c.key_value_width(), c.qkv_width()});
        backend().attention_decode(cache_, layer, rows, {qkv_.data(), c.qkv_width()},
                                   attention_.data());
        backend().packed_product(w.o, rows.size, attention_.data(), x_.data(), true);
    }

    void feed_forward(Index layer, Index rows) {
        const Index width = config().intermediate_size;
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        normalise(rows, layout_->layers[static_cast<std::size_t>(layer)].post_norm);
        backend().packed_product(w.gate_up, rows, normed_.data(), gate_up_.data(), false);
        backend().for_rows(rows,
                           [=, gate = gate_up_.data(), out = inner_.data()](auto team, Index r) {
                               const View<const float> row{gate + r * 2 * width, 2 * width};
                               swiglu(team, row.slice(0, width), row.slice(width, width),
                                      View<float>{out + r * width, width});
                           });
        backend().packed_product(w.down, rows, inner_.data(), x_.data(), true);
    }

    const K* backend_;
    const Qwen3Config* config_;
    const Qwen3Layout* layout_;
    const float* weights_;
    RopeTable<K> rope_;
    Cache cache_;
    std::vector<Layer> layers_;
    typename K::Weights head_;
    FloatBuffer<K> x_, normed_, qkv_, attention_, gate_up_, inner_;  // (R, …) each
};

}  // namespace gppo
