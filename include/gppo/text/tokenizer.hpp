// SPDX-License-Identifier: Apache-2.0
//
// Byte-level BPE tokenizer in the form of Hugging Face's tokenizer.json, with the ids transformers
// gives: text -> added tokens cut out -> NFC -> words (pre-tokenizer) -> bytes -> merges.
// Ill-formed UTF-8 reads as U+FFFD. One object may be used from many threads.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/core/view.hpp>
#include <gppo/text/added_tokens.hpp>
#include <gppo/text/bpe.hpp>
#include <gppo/text/byte_unicode.hpp>
#include <gppo/text/nfc.hpp>
#include <gppo/text/pre_tokenizer.hpp>
#include <gppo/text/tokenizer_json.hpp>
#include <gppo/text/tokenizer_presets.hpp>
#include <gppo/text/utf8.hpp>
#include <gppo/text/word_table.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gppo {

class Tokenizer {
  public:
    /// Reads a tokenizer.json. Errors name the path and the field.
    static Tokenizer from_file(const std::filesystem::path& path) {
        return Tokenizer(read_file(path), path.string());
    }
    /// The same from memory; `where` stands in error messages instead of the path.
    static Tokenizer from_json(std::string_view json, const std::string& where = "tokenizer.json") {
        return Tokenizer(std::string(json), where);
    }
    /// Byte b has id b; then <|endoftext|> 256, <|im_start|>, <|im_end|>, <think>, </think> 260.
    static Tokenizer byte_level() { return from_json(byte_level_json()); }
    /// The distinct bytes of `alphabet` in order, from id 0, then the same five tokens. Text with
    /// any other byte is an Error at encode().
    static Tokenizer characters(std::string_view alphabet) {
        return from_json(characters_json(alphabet));
    }

    /// Ids of the text. Added tokens in it are recognised, as transformers does by default.
    std::vector<std::int32_t> encode(std::string_view text) const {
        std::string repaired;
        if (!is_utf8(text)) text = repaired = replace_invalid_utf8(text);
        std::vector<std::int32_t> ids;
        ids.reserve(text.size() / 3 + 8);
        added_raw_.split(
            text, [&](std::string_view piece) { encode_plain(piece, ids); },
            [&](const AddedToken& token) { ids.push_back(token.id); });
        return ids;
    }

    /// Ids of text that somebody else wrote, such as a program's output: added tokens in it are
    /// plain text, so it cannot end a turn, and a byte the vocabulary lacks is a '?' or nothing.
    std::vector<std::int32_t> encode_foreign(std::string_view text) const {
        std::string known;
        for (const char c : is_utf8(text) ? std::string(text) : replace_invalid_utf8(text)) {
            if (bpe_.covers({&c, 1}))
                known += c;
            else if (bpe_.covers("?"))
                known += '?';
        }
        if (!is_utf8(known)) std::erase_if(known, [](char c) { return (c & 0x80) != 0; });
        std::vector<std::int32_t> ids;
        pre_tokenizer_.split(known, [&](std::string_view word) { bpe_.encode(word, ids); });
        return ids;
    }

    /// Text of the ids, always well-formed UTF-8. Bytes that form no character, and ids outside the
    /// vocabulary (a model's vocabulary may be padded), read as U+FFFD. skip_special leaves out
    /// special tokens; <think> and </think> are not special.
    std::string decode(std::span<const std::int32_t> ids, bool skip_special = false) const {
        std::string bytes;
        for (const std::int32_t id : ids) bytes += token_bytes(id, skip_special);
        return is_utf8(bytes) ? bytes : replace_invalid_utf8(bytes);
    }

    /// The bytes one token stands for, possibly part of a character.
    std::string_view token_bytes(std::int32_t id, bool skip_special = false) const noexcept {
        if (id < 0 || id >= vocab_size() || !entry(id).present) return "\xEF\xBF\xBD";
        return skip_special && entry(id).special ? std::string_view() : entry(id).bytes;
    }

    /// Whether the id is a special token, such as <|im_end|>.
    bool is_special(std::int32_t id) const noexcept {
        return id >= 0 && id < vocab_size() && entry(id).special;
    }

    /// One past the largest id.
    Index vocab_size() const noexcept { return static_cast<Index>(entries_.size()); }

    /// The id of a token as tokenizer.json spells it: "<|im_end|>", "Ġthe".
    std::optional<std::int32_t> token_id(std::string_view token) const {
        const auto found = ids_.find(std::string(token));
        return found == ids_.end() ? std::nullopt : std::optional(found->second);
    }

    /// The tokenizer.json: as it was read, or one that transformers loads with the same ids.
    const std::string& to_json() const noexcept { return json_; }

  private:
    struct Entry {
        std::string bytes{};
        bool present = false, special = false;
    };

    Tokenizer(std::string json, const std::string& where) : json_(std::move(json)) {
        const TokenizerSpec spec = read_tokenizer_json(json_, where);
        nfc_ = spec.nfc;
        for (const auto& [spelling, id] : spec.vocab)
            add(id, spelling, unspell_bytes(spelling).value_or(spelling), where + ": model.vocab");
        build_bpe(spec, where);
        std::vector<AddedToken> raw, normalized;
        for (AddedToken token : spec.added) {
            add_token(token, where);
            // Looked for in normalised text, where it can only stand normalised.
            if (token.normalized && nfc_) token.content = to_nfc(token.content);
            (token.normalized ? normalized : raw).push_back(std::move(token));
        }
        expects(vocab_size() > 0, [&] { return where + ": model.vocab has no tokens"; });
        added_raw_ = AddedTokens(std::move(raw));
        added_normalized_ = AddedTokens(std::move(normalized));
    }

    const Entry& entry(std::int32_t id) const noexcept {
        return entries_[static_cast<std::size_t>(id)];
    }

    void add(std::int32_t id, const std::string& spelling, std::string bytes,
             const std::string& where) {
        const auto at = static_cast<std::size_t>(id);
        if (at >= entries_.size()) entries_.resize(at + 1);
        expects(!entries_[at].present,
                [&] { return where + " has two tokens with id " + std::to_string(id); });
        entries_[at] = {std::move(bytes), true, false};
        ids_.emplace(spelling, id);
    }

    void add_token(const AddedToken& token, const std::string& where) {
        const auto known = token_id(token.content);
        expects(!known || *known == token.id, [&] {
            return where + ": added_tokens gives " + json_quoted(token.content) + " the id " +
                   std::to_string(token.id) + ", but it already has " + std::to_string(*known);
        });
        if (!known)
            add(token.id, token.content, unspell_bytes(token.content).value_or(token.content),
                where + ": added_tokens");
        entries_[static_cast<std::size_t>(token.id)].special |= token.special;
    }

    void build_bpe(const TokenizerSpec& spec, const std::string& where) {
        std::array<std::int32_t, 256> bytes;
        for (std::size_t b = 0; b < 256; ++b)
            bytes[b] = token_id(spell_bytes(std::string(1, static_cast<char>(b)))).value_or(-1);
        std::vector<BpeMerge> merges;
        merges.reserve(spec.merges.size());
        for (std::size_t rank = 0; rank < spec.merges.size(); ++rank) {
            const auto& [left, right] = spec.merges[rank];
            const auto id = [&](const std::string& token) {
                const auto found = token_id(token);
                expects(found.has_value(), [&] {
                    return where + ": model.merges[" + std::to_string(rank) + "] needs the token " +
                           json_quoted(token) + ", which model.vocab lacks";
                });
                return *found;
            };
            merges.push_back({id(left), id(right), id(left + right)});
        }
        bpe_ = Bpe(bytes, merges);
        pre_tokenizer_ = PreTokenizer(spec.pattern, where);
        find_whole_words(spec);
    }

    /// Tokens that their own bytes encode to, so that a word can be looked up before it is merged.
    void find_whole_words(const TokenizerSpec& spec) {
        if (!bpe_.has_merges() && !spec.ignore_merges) return;
        whole_words_ = WordTable(spec.vocab.size());
        std::vector<std::int32_t> ids;
        for (const auto& [spelling, id] : spec.vocab) {
            const auto bytes = unspell_bytes(spelling);
            if (!bytes || bytes->empty()) continue;
            ids.clear();
            if (!spec.ignore_merges && bpe_.covers(*bytes)) bpe_.encode(*bytes, ids);
            if (spec.ignore_merges || (ids.size() == 1 && ids[0] == id))
                whole_words_.add(*bytes, id);
        }
    }

    void encode_plain(std::string_view text, std::vector<std::int32_t>& ids) const {
        std::string normalized;
        if (nfc_ && !is_surely_nfc(text)) text = normalized = to_nfc(text);
        const auto encode_word = [&](std::string_view word) {
            if (const std::int32_t id = whole_words_.id(word); id >= 0)
                ids.push_back(id);
            else
                bpe_.encode(word, ids);
        };
        added_normalized_.split(
            text, [&](std::string_view piece) { pre_tokenizer_.split(piece, encode_word); },
            [&](const AddedToken& token) { ids.push_back(token.id); });
    }

    std::string json_;
    std::vector<Entry> entries_;  // by id
    std::unordered_map<std::string, std::int32_t> ids_;
    AddedTokens added_raw_, added_normalized_;
    PreTokenizer pre_tokenizer_;
    WordTable whole_words_;
    Bpe bpe_;
    bool nfc_ = false;
};

}  // namespace gppo
