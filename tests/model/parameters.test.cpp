// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/parameters.hpp>

#include <set>

using namespace gppo;

namespace {
Qwen3Config small(bool tied) {
    Qwen3Config c;
    c.vocab_size = 97, c.hidden_size = 40, c.intermediate_size = 56, c.num_hidden_layers = 2;
    c.num_attention_heads = 4, c.num_key_value_heads = 2, c.head_dim = 24;
    c.tie_word_embeddings = tied;
    return c;
}
}  // namespace

TEST_CASE("tensors fill the flat buffer without gap or overlap, under transformers' names",
          "[model][parameters]") {
    for (const bool tied : {true, false}) {
        const Qwen3Layout layout = qwen3_layout(small(tied));
        Index next = 0;
        std::set<std::string> names;
        for (const TensorInfo& tensor : layout.tensors) {
            CHECK(tensor.offset == next);
            next += tensor.size();
            names.insert(tensor.name);
        }
        CHECK(layout.count == next);
        CHECK(names.size() == layout.tensors.size());
        CHECK(layout.tensors.size() == (tied ? 1 + 2 * 11 + 1 : 1 + 2 * 11 + 2));
        CHECK(names.count("lm_head.weight") == (tied ? 0 : 1));
        CHECK((layout.head == layout.embedding) == tied);
        CHECK(names.count("model.layers.1.post_attention_layernorm.weight") == 1);
    }
}

TEST_CASE("q, k, v are neighbours, and so are gate and up", "[model][parameters]") {
    const Qwen3Config c = small(true);
    const Qwen3Layout layout = qwen3_layout(c);
    for (const Qwen3Layer& at : layout.layers) {
        CHECK(at.o - at.qkv == c.qkv_width() * c.hidden_size);
        CHECK(at.down - at.gate_up == 2 * c.intermediate_size * c.hidden_size);
    }
    CHECK(qwen3_tensors(c).size() == layout.tensors.size());
}
