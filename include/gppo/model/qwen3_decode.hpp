// SPDX-License-Identifier: Apache-2.0
//
// Generation with a Qwen3 model: one step takes any rows, prompt tokens and sampled tokens alike,
// each with the strips of key/value cache that it sees. The team functions are those of training;
// products read weights packed once a rollout. A row's result does not depend on the other rows:
// on the CPU bit for bit, elsewhere as far as the backend's products keep to that. Whole prompts go
// through the attention of training, which reads keys once for many queries.
#pragma once

#include <gppo/backend/decode.hpp>
#include <gppo/model/placed_batch.hpp>
#include <gppo/model/placed_rows.hpp>
#include <gppo/model/qwen3.hpp>
#include <gppo/model/qwen3_decode_memory.hpp>

#include <bit>
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

    /// The same for weights in memory which the backend reads, whoever trains them.
    Qwen3Decoder(const K& backend, const Qwen3Config& config, const Qwen3Layout& layout,
                 View<const float> weights /* (layout.count) */)
        : backend_(&backend),
          config_(&config),
          layout_(&layout),
          rope_(backend, rope_frequencies(config), config.head_dim),
          cache_(backend.make_cache(attention_shape(config), config.num_hidden_layers)),
          layers_(layout.layers.size()),
          placed_(backend),
          offsets_(backend),
          wanted_(backend) {
        load(weights);
    }

    const K& backend() const { return *backend_; }
    const Qwen3Config& config() const { return *config_; }
    Cache& cache() { return cache_; }

    /// Takes over weights as they are now, those of before or others of the same layout. Call it
    /// after they changed.
    void load() { load({weights_, layout_->count}); }
    void load(View<const float> weights /* (layout.count) */) {
        expects(weights.size == layout_->count,
                "Qwen3Decoder: the weights must be those of the layout");
        weights_ = weights.data;
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
        begin(tokens, rows);
        const auto layers = [this] { run_layers({}); };
        if constexpr (requires { backend().repeat(this, count(), cache_.parts(), layers); })
            backend().repeat(this, count(), cache_.parts(), layers);
        else
            layers();
    }

    /// Runs sequences from their beginning through all layers and into the cache: that of tokens
    /// [offsets[b], offsets[b + 1]) into strip b of `strips`, which holds nothing yet. There are no
    /// logits of them.
    void prefill(View<const std::int32_t> tokens /* (T) */, View<const Index> offsets /* (B + 1) */,
                 View<const Index> strips /* (B) */) {
        expects(offsets.size == strips.size + 1 && offsets[strips.size] == tokens.size,
                "Qwen3Decoder::prefill: offsets (B + 1) from 0 to all tokens, and strips (B)");
        prompt_rows_.clear();
        for (Index b = 0; b < strips.size; ++b)
            for (Index t = offsets[b]; t < offsets[b + 1]; ++t)
                prompt_rows_.push_back({0, 0, strips[b], t - offsets[b] + 1});
        begin(tokens, prompt_rows_);
        lse_.resize(tokens.size * config().num_attention_heads);
        // In few sizes, for a backend that plans attention for each: powers of two, empty sequences
        // behind the last.
        const auto few = [](Index n) { return std::bit_ceil(static_cast<std::uint64_t>(n)); };
        prompt_offsets_.assign(offsets.begin(), offsets.end());
        prompt_offsets_.resize(few(strips.size) + 1, tokens.size);
        run_layers(
            {offsets_.read(prompt_offsets_), static_cast<Index>(few(longest_sequence(offsets)))});
    }

    /// Gives back what it works in and the cache's pages, of which none may be in use.
    void trim()
        requires(!K::host_memory)
    {
        cache_.trim();
        for (FloatBuffer<K>* const each :
             {&x_, &normed_, &qkv_, &attention_, &gate_up_, &inner_, &lse_})
            *each = {};
    }

    /// Logits (N, V) of some rows of the last step. `rows` are the host's, `out` the backend's.
    void logits(View<const Index> rows /* (N) */, View<float> out /* (N, V) */) {
        const Qwen3Config& c = config();
        expects(out.size == rows.size * c.vocab_size,
                "Qwen3Decoder::logits: the output must be rows x vocab_size");
        normed_.resize(rows.size * c.hidden_size);
        backend().for_rows(rows.size,
                           NormaliseOnlyRow{c.hidden_size, c.rms_norm_eps, wanted_.read(rows),
                                            x_.data(), weights_ + layout_->norm, normed_.data()});
        backend().packed_product(head_, rows.size, normed_.data(), out.data, false);
    }

  private:
    struct Layer {
        typename K::Weights qkv, o, gate_up, down;
    };
    /// Sequences that go in whole; without offsets, rows against the cache.
    struct Prompts {
        View<const Index> offsets;  // (B + 1)   the backend's
        Index longest = 0;
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

    void begin(View<const std::int32_t> tokens, View<const DecodeRow> rows) {
        check_rows(tokens, rows);
        placed_.place(tokens, rows);
        cache_.begin(placed_.rows());
        resize(count());
    }

    void resize(Index rows) {
        const Qwen3Config& c = config();
        const Index at_once = math::min(rows, decode_rows_at_once);
        x_.resize(rows * c.hidden_size);
        qkv_.resize(rows * c.qkv_width());
        attention_.resize(rows * c.query_width());
        normed_.resize(at_once * c.hidden_size);
        gate_up_.resize(at_once * 2 * c.intermediate_size);
        inner_.resize(at_once * c.intermediate_size);
    }

    /// f(first, rows) over all rows, some at a time.
    template <class F>
    void in_chunks(F f) {
        for (Index first = 0; first < count(); first += decode_rows_at_once)
            f(first, math::min(decode_rows_at_once, count() - first));
    }

    /// What comes again in a step of the same shape: the backend's work alone, on memory that
    /// stays.
    void run_layers(const Prompts& prompts) {
        const Qwen3Config& c = config();
        const View<const float> table{weights_ + layout_->embedding, c.vocab_size * c.hidden_size};
        backend().for_rows(count(), EmbedRow{c.hidden_size, table, placed_.tokens(), x_.data()});
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            store(static_cast<Index>(i));
            // Of a prompt only the cache is wanted, and it is full.
            if (!prompts.offsets.empty() && i + 1 == layers_.size()) return;
            attention(static_cast<Index>(i), prompts);
            feed_forward(static_cast<Index>(i));
        }
    }

    void normalise(Index weight, Index first, Index rows) {
        const Qwen3Config& c = config();
        backend().for_rows(rows, NormaliseOnlyRow{c.hidden_size,
                                                  c.rms_norm_eps,
                                                  {},
                                                  x_.data() + first * c.hidden_size,
                                                  weights_ + weight,
                                                  normed_.data()});
    }

    /// q and k of qkv, in place: norm, then rope.
    void rotate(const Qwen3Layer& at) {
        const Qwen3Config& c = config();
        const RotatedHeads heads{c.num_attention_heads,
                                 c.num_attention_heads + c.num_key_value_heads,
                                 c.head_dim,
                                 c.qkv_width(),
                                 weights_ + at.q_norm,
                                 weights_ + at.k_norm,
                                 qkv_.data(),
                                 placed_.positions(),
                                 rope_.angles()};
        const RotateHeadInPlace rotated{heads, c.rms_norm_eps, qkv_.data()};
        if constexpr (K::host_memory)
            backend().for_rows(count(), RotateInPlaceRow{rotated});
        else  // blocks of threads are many and small
            backend().for_rows(count() * heads.heads, rotated);
    }

    /// Queries, keys and values of all rows, the latter two into the cache.
    void store(Index layer) {
        const Qwen3Config& c = config();
        const Qwen3Layer& at = layout_->layers[static_cast<std::size_t>(layer)];
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        in_chunks([&](Index first, Index rows) {
            normalise(at.input_norm, first, rows);
            backend().packed_product(w.qkv, rows, normed_.data(),
                                     qkv_.data() + first * c.qkv_width(), false);
        });
        rotate(at);
        const float* const keys = qkv_.data() + c.query_width();
        backend().cache_store(cache_, layer, {keys, c.qkv_width()},
                              {keys + c.key_value_width(), c.qkv_width()});
    }

    void attention(Index layer, const Prompts& prompts) {
        const Qwen3Config& c = config();
        const Rows<const float> q{qkv_.data(), c.qkv_width()};
        const Rows<const float> k{q.data + c.query_width(), c.qkv_width()};
        const Rows<const float> v{k.data + c.key_value_width(), c.qkv_width()};
        if (prompts.offsets.empty())
            backend().attention_decode(cache_, layer, q, attention_.data());
        else
            backend().attention_forward(
                {attention_shape(c), prompts.offsets, q, k, v, prompts.longest},
                {attention_.data(), c.query_width()}, lse_.view());
        const auto& w = layers_[static_cast<std::size_t>(layer)].o;
        in_chunks([&](Index first, Index rows) {
            backend().packed_product(w, rows, attention_.data() + first * c.query_width(),
                                     x_.data() + first * c.hidden_size, true);
        });
    }

    void feed_forward(Index layer) {
        const Qwen3Config& c = config();
        const Layer& w = layers_[static_cast<std::size_t>(layer)];
        in_chunks([&](Index first, Index rows) {
            normalise(layout_->layers[static_cast<std::size_t>(layer)].post_norm, first, rows);
            backend().packed_product(w.gate_up, rows, normed_.data(), gate_up_.data(), false);
            backend().for_rows(rows,
                               SwigluRow{c.intermediate_size, gate_up_.data(), inner_.data()});
            backend().packed_product(w.down, rows, inner_.data(), x_.data() + first * c.hidden_size,
                                     true);
        });
    }

    const K* backend_;
    const Qwen3Config* config_;
    const Qwen3Layout* layout_;
    const float* weights_ = nullptr;
    RopeTable<K> rope_;
    Cache cache_;
    std::vector<Layer> layers_;
    typename K::Weights head_;
    PlacedRows<K> placed_;
    std::vector<DecodeRow> prompt_rows_;
    std::vector<Index> prompt_offsets_;
    Mirror<K, Index> offsets_, wanted_;
    FloatBuffer<K> x_, qkv_, attention_, lse_;  // (R, …) each
    FloatBuffer<K> normed_, gate_up_, inner_;   // (some rows at a time, …)
};

}  // namespace gppo
