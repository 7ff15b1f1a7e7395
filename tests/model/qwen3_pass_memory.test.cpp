// SPDX-License-Identifier: Apache-2.0
#include "backend/far_memory.hpp"
#include "catch.hpp"

#include <gppo/model/qwen3.hpp>
#include <gppo/model/qwen3_pass_memory.hpp>
#include <gppo/train/adamw.hpp>

#include <algorithm>
#include <vector>

using namespace gppo;

namespace gppo::pass_memory_test {
namespace {

Qwen3Config shape_of(Index width, Index layers, Index vocabulary, bool tied) {
    Qwen3Config c;
    c.vocab_size = vocabulary, c.hidden_size = width, c.intermediate_size = 36;
    c.num_hidden_layers = layers, c.tie_word_embeddings = tied;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 16;
    return c;
}

/// Sequences of these lengths; every token but the last of each has a target.
struct Sequences {
    std::vector<std::int32_t> tokens, ids;
    std::vector<Index> offsets{0}, rows;

    Sequences(const std::vector<Index>& lengths, Index vocabulary) {
        for (const Index length : lengths) {
            for (Index t = 0; t < length; ++t) {
                if (t + 1 < length) {
                    rows.push_back(std::ssize(tokens));
                    ids.push_back(static_cast<std::int32_t>((t * 7 + 1) % vocabulary));
                }
                tokens.push_back(static_cast<std::int32_t>((t * 5) % vocabulary));
            }
            offsets.push_back(std::ssize(tokens));
        }
    }
    PassShape shape(const std::vector<Index>& lengths) const {
        return {.tokens = std::ssize(tokens),
                .sequences = std::ssize(lengths),
                .targets = std::ssize(rows),
                .positions = *std::max_element(lengths.begin(), lengths.end())};
    }
};

}  // namespace

TEST_CASE("a pass takes of a backend's memory what the formula says, to the byte",
          "[model][memory]") {
    const FarMemory far(1);
    for (const auto& c : {shape_of(20, 3, 48, true), shape_of(64, 1, 5000, false)})
        for (const Activations kept :
             {Activations::kept, Activations::rounded, Activations::recomputed})
            for (const std::vector<Index>& lengths :
                 {std::vector<Index>{7}, std::vector<Index>{90, 2, 40}, std::vector<Index>{700}})
                for (const bool log_probs : {true, false}) {
                    CAPTURE(c.hidden_size, kept, lengths, log_probs);
                    const Sequences s(lengths, c.vocab_size);
                    const Packed packed{s.tokens, s.offsets};
                    std::vector<float> out(s.rows.size()), slopes(s.rows.size(), 0.1f);
                    std::vector<float> hidden(s.rows.size() *
                                              static_cast<std::size_t>(c.hidden_size));
                    const Index before = FarUse::now;
                    Qwen3<FarMemory> model(far, c, kept);
                    const Index weights = 4 * qwen3_layout(c).count;
                    CHECK(FarUse::now - before == weights);
                    PassShape shape = s.shape(lengths);
                    shape.backward = false, shape.log_probs = log_probs;
                    if (log_probs)
                        model.forward(packed, {s.rows, s.ids}, 1.0f, out, slopes);
                    else
                        model.forward_hidden(packed, s.rows, hidden);
                    CHECK(FarUse::now - before ==
                          weights + qwen3_pass_memory(c, shape, kept).total());
                    if (log_probs)
                        model.backward(slopes, slopes);
                    else
                        model.backward_hidden(hidden);
                    shape.backward = true;
                    CHECK(FarUse::now - before ==
                          2 * weights + qwen3_pass_memory(c, shape, kept).total());
                }
}

TEST_CASE("one pass over tokens and back takes what the formula says", "[model][memory]") {
    const auto c = shape_of(64, 1, 5000, false);
    const std::vector<Index> lengths{700, 2, 40};
    const Sequences s(lengths, c.vocab_size);
    std::vector<float> logp(s.rows.size()), entropy(s.rows.size()), slopes(s.rows.size(), 0.1f);
    for (const Precision products : {Precision::fp32, Precision::bf16}) {
        const FarMemory far(1, products);
        const Index before = FarUse::now, weights = 4 * qwen3_layout(c).count;
        Qwen3<FarMemory> model(far, c, Activations::recomputed);
        model.learn({s.tokens, s.offsets}, {s.rows, s.ids}, 1.0f, {logp, entropy, slopes, slopes},
                    [](Index, Index) {});
        PassShape shape = s.shape(lengths);
        shape.one_pass = true, shape.rounds = products == Precision::bf16;
        CHECK(FarUse::now - before ==
              2 * weights + qwen3_pass_memory(c, shape, Activations::recomputed).total());
    }
}

TEST_CASE("what a model gives back is taken again, with the same numbers", "[model][memory]") {
    const FarMemory far(1);
    const Qwen3Config c = shape_of(20, 3, 48, true);
    const Sequences s({9, 4}, c.vocab_size);
    const Index before = FarUse::now, weights = 4 * qwen3_layout(c).count;
    Qwen3<FarMemory> model(far, c);
    model.initialize(3);
    std::vector<float> first(s.rows.size()), again(s.rows.size()), slopes(s.rows.size(), 0.1f);
    const auto pass = [&](std::vector<float>& logp) {
        model.zero_gradients();
        model.forward({s.tokens, s.offsets}, {s.rows, s.ids}, 1.0f, logp, {});
        model.backward(slopes, {});
        return squared_norm(far, View<const float>(model.gradients()));
    };
    const double norm = pass(first);
    CHECK(FarUse::now - before > 2 * weights);
    model.forward({s.tokens, s.offsets}, {s.rows, s.ids}, 1.0f, again, {});
    model.release();
    CHECK(FarUse::now - before == weights);
    CHECK_THROWS_AS(model.backward(slopes, {}), Error);
    CHECK(pass(again) == norm);
    CHECK(again == first);
}

}  // namespace gppo::pass_memory_test
