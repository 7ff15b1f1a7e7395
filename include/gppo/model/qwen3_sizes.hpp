// SPDX-License-Identifier: Apache-2.0
//
// The published dense Qwen3 models (arXiv 2505.09388), as their config.json says, for plans made
// where the weights are not.
//
//   name     hidden  intermediate  layers  heads  head shares the embedding   parameters
//   0.6B      1024       3072        28     16     yes                          0.60 e9
//   1.7B      2048       6144        28     16     yes                          1.72 e9
//   4B        2560       9728        36     32     yes                          4.02 e9
//   8B        4096      12288        36     32     no                           8.19 e9
//   14B       5120      17408        40     40     no                          14.77 e9
//   32B       5120      25600        64     64     no                          32.76 e9
#pragma once

#include <gppo/model/qwen3_config.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace gppo {

/// The shape of a name like "Qwen3-8B" or "Qwen/Qwen3-4B-Base", also at the end of a path; nothing
/// if there is no such model. "-2507" models have a longer context.
inline std::optional<Qwen3Config> published_qwen3(std::string_view name) {
    struct Size {
        std::string_view name;
        Index hidden, intermediate, layers, heads;
        bool tied;
    };
    constexpr std::array<Size, 6> sizes{{{"0.6B", 1024, 3072, 28, 16, true},
                                         {"1.7B", 2048, 6144, 28, 16, true},
                                         {"4B", 2560, 9728, 36, 32, true},
                                         {"8B", 4096, 12288, 36, 32, false},
                                         {"14B", 5120, 17408, 40, 40, false},
                                         {"32B", 5120, 25600, 64, 64, false}}};
    name = name.substr(name.rfind('/') + 1);
    constexpr std::string_view family = "Qwen3-";
    if (!name.starts_with(family)) return std::nullopt;
    name.remove_prefix(family.size());
    const bool newer = name.find("-2507") != std::string_view::npos;
    const std::string_view size = name.substr(0, name.find('-'));
    for (const Size& s : sizes) {
        if (s.name != size) continue;
        return Qwen3Config{.vocab_size = 151936,
                           .hidden_size = s.hidden,
                           .intermediate_size = s.intermediate,
                           .num_hidden_layers = s.layers,
                           .num_attention_heads = s.heads,
                           .num_key_value_heads = 8,
                           .head_dim = 128,
                           .max_position_embeddings = newer ? 262144 : 40960,
                           .rope_theta = newer ? 5e6f : 1e6f,
                           .tie_word_embeddings = s.tied,
                           .bos_token_id = 151643,
                           .eos_token_id = 151645,
                           .pad_token_id = std::nullopt};
    }
    return std::nullopt;
}

}  // namespace gppo
