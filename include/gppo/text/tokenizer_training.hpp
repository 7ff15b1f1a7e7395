// SPDX-License-Identifier: Apache-2.0
//
// Trains a small tokenizer on text: Qwen's normalisation and words, merges learnt by
// bpe_trainer.hpp, then the ChatML and thinking tokens. The result is a tokenizer.json that
// transformers loads.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/text/bpe_trainer.hpp>
#include <gppo/text/nfc.hpp>
#include <gppo/text/pre_tokenizer.hpp>
#include <gppo/text/tokenizer_presets.hpp>
#include <gppo/text/utf8.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gppo {

struct TokenizerTrainingOptions {
    Index vocab_size = 1024;     ///< tokens in all, with the five of `chat_tokens`
    std::int64_t min_count = 2;  ///< a pair that occurs less often is not merged
};

/// Collects the words of texts. The texts themselves are not kept.
class TokenizerTraining {
  public:
    void add(std::string_view text) {
        const std::string clean = to_nfc(replace_invalid_utf8(text));
        words_.split(clean, [&](std::string_view word) { trainer_.add(word); });
    }

    /// The tokenizer.json. Fewer tokens than asked for where the texts have no more pairs.
    std::string json(const TokenizerTrainingOptions& options = {}) const {
        const auto chat = static_cast<Index>(chat_tokens.size());
        expects(options.vocab_size >= 256 + chat, [&] {
            return "vocab_size is " + std::to_string(options.vocab_size) + "; at least " +
                   std::to_string(256 + chat) + " are needed for all bytes and the chat tokens";
        });
        const BpeVocabulary learnt = trainer_.train(options.vocab_size - chat, options.min_count);
        // Tokens by id; an object keeps the order in which they are added.
        nlohmann::ordered_json::object_t vocab;
        vocab.reserve(learnt.tokens.size());
        for (std::size_t id = 0; id < learnt.tokens.size(); ++id)
            vocab.emplace_back(spell_bytes(learnt.tokens[id]), id);
        nlohmann::ordered_json merges = nlohmann::ordered_json::array();
        const auto spelling = [&](std::int32_t id) {
            return spell_bytes(learnt.tokens[static_cast<std::size_t>(id)]);
        };
        for (const BpeMerge& merge : learnt.merges)
            merges.push_back({spelling(merge.left), spelling(merge.right)});
        return byte_level_bpe_json(vocab, merges, qwen2_pattern);
    }

  private:
    PreTokenizer words_{qwen2_pattern};
    BpeTrainer trainer_;
};

}  // namespace gppo
