// SPDX-License-Identifier: Apache-2.0
//
// What a model costs on a backend, beside what the same machine does at best: the head beside its
// three products alone, layers of Qwen3-8B in training as a share of the peak, decoding as a share
// of the time that reading weights and cache takes. One JSON line a case, whose share is returned.
// `Clock` gives the median microseconds of work on the backend.
#pragma once

#include <gppo/backend/paged_rows.hpp>
#include <gppo/model/linear_log_prob.hpp>
#include <gppo/model/qwen3_decode.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

/// Figures of a GPU that its maker publishes, and one measured: bytes a second of a copy.
struct MachinePeak {
    double flops = 0, bytes = 0;
};

inline double print_case(const std::string& name, double us, const char* share, double value) {
    std::printf("{\"case\": \"%s\", \"us\": %.1f, \"%s\": %.3f}\n", name.c_str(), us, share, value);
    std::fflush(stdout);
    return value;
}

/// Fills with values of both signs, below `size`.
struct FillChunk {
    static constexpr gppo::Index chunk = 4096;
    gppo::View<float> to;
    float size;

    template <class Team>
    GPPO_HD void operator()(Team team, gppo::Index row) const {
        float* const x = to.data + row * chunk;
        const float scale = size;
        team.for_each(gppo::math::min(chunk, to.size - row * chunk), [=](gppo::Index i) {
            const auto place = static_cast<std::uint64_t>(row * chunk + i);
            x[i] = scale * (2.0f * gppo::Philox{11}.uniform(0, place) - 1.0f);
        });
    }
};

template <gppo::Backend K>
gppo::FloatBuffer<K> filled(const K& backend, gppo::Index count, float size) {
    auto buffer = backend.template allocate<float>(count);
    backend.for_rows((count + FillChunk::chunk - 1) / FillChunk::chunk,
                     FillChunk{buffer.view(), size});
    return buffer;
}

/// Rows as products of the backend read them, so that these have nothing to round: a copy in bf16
/// where products are of bf16.
template <gppo::Backend K>
class AsRead {
  public:
    AsRead(const K& backend, const float* x, gppo::Index rows, gppo::Index width)
        : factor_(x), halves_(backend.template allocate<std::uint16_t>(0)) {
        if (backend.precision() == gppo::Precision::fp32) return;
        halves_.resize(rows * width);
        backend.for_rows(rows, gppo::RoundRow{x, width, width, halves_.data(), width});
        factor_ = gppo::Factor(std::as_const(halves_).data());
    }
    gppo::Factor factor() const { return factor_; }

  private:
    gppo::Factor factor_;
    decltype(std::declval<const K&>().template allocate<std::uint16_t>(0)) halves_;
};

/// Log-prob and entropy, forward and backward, of (rows, width) x (vocabulary, width); weights are
/// kept in the precision of products.
template <gppo::Backend K, class Clock>
double time_head(const K& backend, Clock clock, gppo::Index rows, gppo::Index width,
                 gppo::Index vocabulary) {
    const auto hidden = filled(backend, rows * width, 1.0f);
    const auto weight = filled(backend, vocabulary * width, 0.02f);
    const auto gradient = filled(backend, rows, 1.0f);
    auto logp = backend.template allocate<float>(rows), entropy = filled(backend, rows, 0.0f);
    auto dhidden = backend.template allocate<float>(rows * width);
    auto dweight = backend.template allocate<float>(vocabulary * width);
    std::vector<std::int32_t> ids(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < ids.size(); ++i)
        ids[i] = static_cast<std::int32_t>(static_cast<gppo::Index>(i) * 7919 % vocabulary);
    gppo::Mirror<K, std::int32_t> placed(backend);
    const AsRead<K> weights(backend, weight.data(), vocabulary, width);
    const gppo::LinearLogProbInput in{
        rows, width, vocabulary, hidden.data(), weights.factor(), placed.read(ids)};
    gppo::LinearLogProb<K> head(backend);
    const double two_passes = clock([&] {
        head.forward(in, logp.view(), entropy.view());
        head.backward(in, gradient.view(), gradient.view(), dhidden.data(), dweight.data());
    });
    const double ours = clock([&] {
        head.learn(
            in, logp.view(), entropy.view(), [](gppo::Index, gppo::Index) {}, gradient.view(),
            gradient.view(), dhidden.data(), dweight.data());
    });
    // The products of rows that fit, over and over: logits, dhidden, dweight.
    const gppo::Index some = gppo::math::min(rows, gppo::Index{2048});
    auto logits = backend.template allocate<float>(some * vocabulary);
    const AsRead<K> states(backend, hidden.data(), some, width);
    const gppo::Gemm forward{some, vocabulary, width, false, true};
    backend.gemm(forward, states.factor(), weights.factor(), logits.data());
    const AsRead<K> slopes(backend, logits.data(), some, vocabulary);
    const auto products = [&] {
        backend.gemm(forward, states.factor(), weights.factor(), logits.data());
        backend.gemm({some, width, vocabulary, false, false}, slopes.factor(), weights.factor(),
                     dhidden.data());
        backend.gemm({vocabulary, width, some, true, false, 1.0f}, slopes.factor(), states.factor(),
                     dweight.data());
    };
    const double alone = static_cast<double>(rows) / static_cast<double>(some) * clock(products);
    const std::string name = "head " + std::to_string(rows) + " x " + std::to_string(width) +
                             " x " + std::to_string(vocabulary);
    print_case(name + ", two passes", two_passes, "times_three_products", two_passes / alone);
    return print_case(name, ours, "times_three_products", ours / alone);
}

/// Of one layer, in its products.
inline double layer_weights(const gppo::Qwen3Config& c) {
    return static_cast<double>(c.hidden_size *
                               (c.qkv_width() + c.query_width() + 3 * c.intermediate_size));
}

/// Floating-point operations of forward and backward of the layers: 6 a weight and token, and of
/// causal attention 6 a head, dimension, token and token before.
inline double training_flops(const gppo::Qwen3Config& c, gppo::Index sequences,
                             gppo::Index length) {
    const double tokens = static_cast<double>(sequences * length);
    const double seen = static_cast<double>(length) / 2;
    return static_cast<double>(c.num_hidden_layers) * tokens *
           (6 * layer_weights(c) + 12 * static_cast<double>(c.query_width()) * seen);
}

/// Forward and backward of the layers over packed sequences.
template <gppo::Backend K, class Clock>
double time_training(const K& backend, Clock clock, const gppo::Qwen3Config& config,
                     gppo::Index sequences, gppo::Index length, const MachinePeak& peak) {
    gppo::Qwen3<K> model(backend, config);
    model.initialize(1);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * length));
    for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = static_cast<std::int32_t>(static_cast<gppo::Index>(i) * 31 % config.vocab_size);
    std::vector<gppo::Index> offsets, rows{sequences * length - 1};
    for (gppo::Index b = 0; b <= sequences; ++b) offsets.push_back(b * length);
    const std::vector<std::int32_t> ids{1};
    std::vector<float> logp(1), entropy(1), one{1.0f};
    const double us = clock([&] {
        model.forward({tokens, offsets}, {rows, ids}, 1.0f, logp, entropy);
        model.backward(one, one);
    });
    return print_case("training " + std::to_string(config.num_hidden_layers) + " layers, " +
                          std::to_string(sequences) + " x " + std::to_string(length),
                      us, "share_of_peak",
                      training_flops(config, sequences, length) / (us * 1e-6 * peak.flops));
}

/// Prompts that go in whole. The flops are those of going forward, a third of training's, although
/// the last layer ends at its keys and values.
template <gppo::DecodeBackend K, class Clock>
double time_prefill(const K& backend, Clock clock, const gppo::Qwen3Config& config,
                    gppo::Index sequences, gppo::Index length, const MachinePeak& peak) {
    gppo::Qwen3<K> model(backend, config);
    model.initialize(1);
    gppo::Qwen3Decoder<K> decoder(model);
    const std::vector<std::int32_t> tokens(static_cast<std::size_t>(sequences * length), 1);
    std::vector<gppo::Index> offsets{0}, strips;
    for (gppo::Index b = 0; b < sequences; ++b) {
        offsets.push_back((b + 1) * length);
        strips.push_back(decoder.cache().acquire(length));
    }
    const double us = clock([&] { decoder.prefill(tokens, offsets, strips); });
    return print_case("prompts " + std::to_string(config.num_hidden_layers) + " layers, " +
                          std::to_string(sequences) + " x " + std::to_string(length),
                      us, "share_of_peak",
                      training_flops(config, sequences, length) / (3e-6 * us * peak.flops));
}

/// Steps of `batch` sequences that have `length` tokens behind them. On a GPU keys and values have
/// as many bytes as weights.
template <gppo::DecodeBackend K, class Clock>
double time_decoding(const K& backend, Clock clock, const gppo::Qwen3Config& config,
                     gppo::Index batch, gppo::Index length, gppo::Index weight_bytes,
                     const MachinePeak& peak) {
    gppo::Qwen3<K> model(backend, config);
    model.initialize(1);
    gppo::Qwen3Decoder<K> decoder(model);
    std::vector<gppo::DecodeRow> rows;
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(batch), 1);
    for (gppo::Index b = 0; b < batch; ++b)
        rows.push_back({.own = decoder.cache().acquire(length), .own_length = length});
    const double us = clock([&] { decoder.step(tokens, rows); });
    const double weights = static_cast<double>(config.num_hidden_layers) * layer_weights(config);
    const double cache = static_cast<double>(config.num_hidden_layers * batch * length * 2 *
                                             config.key_value_width());
    const double each = static_cast<double>(weight_bytes);
    const double bytes = each * weights + (K::host_memory ? 4 : each) * cache;
    return print_case("decoding " + std::to_string(config.num_hidden_layers) + " layers, " +
                          std::to_string(batch) + " x " + std::to_string(length),
                      us, "share_of_memory", bytes / (us * 1e-6 * peak.bytes));
}

/// Attention alone: `batch` tokens that see `length` positions each, layer after layer.
struct PagedCase {
    gppo::AttentionShape shape;
    gppo::Index layers = 0, batch = 0, length = 0;

    gppo::PageShape page() const { return {shape.kv_heads, shape.head_dim, layers}; }
    gppo::Index pages() const { return batch * gppo::pages_of(length); }
    std::string name() const {
        return "attention over pages, " + std::to_string(batch) + " x " + std::to_string(length);
    }
    /// Of keys and values in bf16, all layers.
    double bytes() const {
        return 4.0 * static_cast<double>(layers * batch * length * shape.kv_heads * shape.head_dim);
    }
};

/// As decoding calls it. What keys and values are does not matter.
template <gppo::DecodeBackend K, class Clock>
double time_paged_attention(const K& backend, Clock clock, const PagedCase& c,
                            const MachinePeak& peak) {
    auto cache = backend.make_cache(c.shape, c.layers);
    std::vector<gppo::DecodeRow> rows;
    for (gppo::Index b = 0; b < c.batch; ++b)
        rows.push_back({.own = cache.acquire(c.length), .own_length = c.length});
    cache.begin(rows);
    const gppo::Index width = c.shape.heads * c.shape.head_dim;
    const auto queries = filled(backend, c.batch * width, 1.0f);
    auto out = backend.template allocate<float>(c.batch * width);
    const double us = clock([&] {
        for (gppo::Index layer = 0; layer < c.layers; ++layer)
            backend.attention_decode(cache, layer, {queries.data(), width}, out.data());
    });
    return print_case(c.name(), us, "share_of_memory", c.bytes() / (us * 1e-6 * peak.bytes));
}
