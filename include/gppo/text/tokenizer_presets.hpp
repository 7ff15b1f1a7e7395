// SPDX-License-Identifier: Apache-2.0
//
// Writes tokenizer.json, always with the ChatML and thinking tokens that Qwen3 uses, and so that
// transformers loads it with the same ids. The tokenizers here have one token per byte and no
// merges: they need no training and never meet an unknown word.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/text/byte_unicode.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace gppo {

/// Qwen3's end of text, turn marks and thinking tags, in the order of their ids.
inline constexpr std::array<std::string_view, 5> chat_tokens{"<|endoftext|>", "<|im_start|>",
                                                             "<|im_end|>", "<think>", "</think>"};

/// A byte-level tokenizer.json with this vocabulary, `chat_tokens` after it. An empty pattern makes
/// the whole text one word; with one, text is normalised to NFC and split by it, as Qwen's is.
inline std::string byte_level_bpe_json(const nlohmann::ordered_json& vocab,
                                       const nlohmann::ordered_json& merges,
                                       std::string_view pattern = "") {
    using Ordered = nlohmann::ordered_json;
    Ordered added = Ordered::array();
    for (const std::string_view token : chat_tokens)
        added.push_back({{"id", vocab.size() + added.size()},
                         {"content", token},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", token.starts_with("<|")}});
    const Ordered byte_level = {{"type", "ByteLevel"},
                                {"add_prefix_space", false},
                                {"trim_offsets", false},
                                {"use_regex", false}};
    const Ordered split = {{"type", "Split"},
                           {"pattern", {{"Regex", pattern}}},
                           {"behavior", "Isolated"},
                           {"invert", false}};
    const Ordered steps = {{"type", "Sequence"},
                           {"pretokenizers", Ordered::array({split, byte_level})}};
    const Ordered nfc = {{"type", "NFC"}};
    const Ordered model = {{"type", "BPE"},
                           {"dropout", nullptr},
                           {"unk_token", nullptr},
                           {"continuing_subword_prefix", nullptr},
                           {"end_of_word_suffix", nullptr},
                           {"fuse_unk", false},
                           {"byte_fallback", false},
                           {"ignore_merges", false},
                           {"vocab", vocab},
                           {"merges", merges}};
    const Ordered document = {{"version", "1.0"},
                              {"truncation", nullptr},
                              {"padding", nullptr},
                              {"added_tokens", added},
                              {"normalizer", pattern.empty() ? Ordered() : nfc},
                              {"pre_tokenizer", pattern.empty() ? byte_level : steps},
                              {"post_processor", byte_level},
                              {"decoder", byte_level},
                              {"model", model}};
    return document.dump(2) + "\n";
}

/// The bytes of `alphabet` in order as ids 0, 1, …, repetitions ignored, then `chat_tokens`.
inline std::string characters_json(std::string_view alphabet) {
    using Ordered = nlohmann::ordered_json;
    expects(!alphabet.empty(), "the alphabet of a character tokenizer is empty");
    Ordered vocab = Ordered::object();
    std::array<bool, 256> seen{};
    for (const char c : alphabet) {
        bool& known = seen[static_cast<unsigned char>(c)];
        if (!known) vocab.emplace(spell_bytes(std::string(1, c)), vocab.size());
        known = true;
    }
    return byte_level_bpe_json(vocab, Ordered::array());
}

/// All 256 bytes, byte b with id b, then `chat_tokens`.
inline std::string byte_level_json() {
    std::string all;
    for (int b = 0; b < 256; ++b) all.push_back(static_cast<char>(b));
    return characters_json(all);
}

}  // namespace gppo
