// SPDX-License-Identifier: Apache-2.0
//
// Reads the tokenizer.json of Hugging Face tokenizers, as far as byte-level BPE goes (GPT-2, Qwen2,
// Qwen3, Llama 3). Whatever would change the ids and is not supported is refused by name.
// `truncation` and `padding` are ignored: they shape batches, and transformers resets them on
// loading.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/json_depth.hpp>
#include <gppo/core/view.hpp>
#include <gppo/text/added_tokens.hpp>
#include <gppo/text/json_quoted.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gppo {

/// What a tokenizer.json says, checked field by field but not yet against itself.
struct TokenizerSpec {
    std::vector<std::pair<std::string, std::int32_t>> vocab;  ///< printable spelling, id
    std::vector<std::pair<std::string, std::string>> merges;  ///< by rank
    std::vector<AddedToken> added;
    std::string pattern;         ///< pre-tokenizer regex; empty: the text is one word
    bool nfc = false;            ///< text is normalised to NFC first
    bool ignore_merges = false;  ///< a word found in the vocabulary is taken whole
};

/// Ids are below this; a larger one is damage, and would ask for absurd amounts of memory.
inline constexpr std::int64_t max_token_ids = std::int64_t{1} << 22;

/// One value of the document together with its name for error messages.
class TokenizerField {
  public:
    using Json = nlohmann::json;
    TokenizerField(const Json& value, std::string name) : value_(&value), name_(std::move(name)) {}

    [[noreturn]] void fail(const std::string& problem) const { throw Error(name_ + " " + problem); }
    [[noreturn]] void refuse(const std::string& what) const {
        fail(what + " is not supported; only byte-level BPE as in Qwen and Llama 3 is");
    }
    const Json& json() const noexcept { return *value_; }
    const std::string& name() const noexcept { return name_; }
    /// Absent and null mean the same throughout this format.
    bool absent() const noexcept { return value_->is_null(); }

    /// A member of this object; absent() when it is missing.
    TokenizerField member(const std::string& key) const {
        static const Json null;
        if (!value_->is_object()) fail("must be an object");
        const auto found = value_->find(key);
        return {found == value_->end() ? null : *found, name_ + "." + key};
    }
    TokenizerField element(std::size_t i) const {
        return {(*value_)[i], name_ + "[" + std::to_string(i) + "]"};
    }
    /// Elements of this array.
    std::size_t size() const {
        if (!value_->is_array()) fail("must be an array");
        return value_->size();
    }
    const std::string& string() const {
        if (!value_->is_string()) fail("must be a string");
        return value_->get_ref<const std::string&>();
    }
    bool boolean(bool otherwise) const {
        if (absent()) return otherwise;
        if (!value_->is_boolean()) fail("must be true or false");
        return value_->get<bool>();
    }
    std::int32_t id() const {
        if (!value_->is_number_integer()) fail("must be a whole number");
        const bool fits = !value_->is_number_unsigned()
                              ? value_->get<std::int64_t>() >= 0
                              : value_->get<std::uint64_t>() < max_token_ids;
        if (!fits)
            fail("is " + value_->dump() + ", outside [0, " + std::to_string(max_token_ids) + ")");
        return value_->get<std::int32_t>();
    }

  private:
    const Json* value_;
    std::string name_;
};

inline std::vector<AddedToken> read_added_tokens(const TokenizerField& list) {
    std::vector<AddedToken> out;
    for (std::size_t i = 0; !list.absent() && i < list.size(); ++i) {
        const TokenizerField entry = list.element(i);
        AddedToken token{.id = entry.member("id").id(),
                         .content = entry.member("content").string(),
                         .special = entry.member("special").boolean(false),
                         .normalized = entry.member("normalized").boolean(false)};
        if (token.content.empty()) entry.member("content").fail("is empty");
        for (const char* option : {"lstrip", "rstrip", "single_word"})
            if (entry.member(option).boolean(false)) entry.member(option).refuse("true");
        out.push_back(std::move(token));
    }
    return out;
}

inline bool read_normalizer_is_nfc(const TokenizerField& normalizer) {
    if (normalizer.absent()) return false;
    const std::string type = normalizer.member("type").string();
    if (type != "NFC") normalizer.member("type").refuse(json_quoted(type));
    return true;
}

/// The byte-level step carries no regex of its own and adds no space.
inline void check_byte_level(const TokenizerField& step) {
    if (step.member("add_prefix_space").boolean(true))
        step.member("add_prefix_space").refuse("true");
    if (step.member("use_regex").boolean(true)) step.member("use_regex").refuse("true");
}

/// The pattern of Split, which must be followed by ByteLevel; empty when there is ByteLevel alone.
inline std::string read_pattern(const TokenizerField& pre_tokenizer) {
    if (pre_tokenizer.absent())
        pre_tokenizer.fail("is missing; byte-level BPE needs ByteLevel there");
    const std::string type = pre_tokenizer.member("type").string();
    if (type == "ByteLevel") {
        check_byte_level(pre_tokenizer);
        return "";
    }
    if (type != "Sequence") pre_tokenizer.member("type").refuse(json_quoted(type));
    const TokenizerField steps = pre_tokenizer.member("pretokenizers");
    if (steps.size() != 2 || steps.element(0).member("type").string() != "Split" ||
        steps.element(1).member("type").string() != "ByteLevel")
        steps.refuse("anything but [Split, ByteLevel]");
    check_byte_level(steps.element(1));
    const TokenizerField split = steps.element(0);
    if (split.member("behavior").string() != "Isolated")
        split.member("behavior").refuse("anything but Isolated");
    if (split.member("invert").boolean(false)) split.member("invert").refuse("true");
    return split.member("pattern").member("Regex").string();
}

/// Both spellings: "a b" and ["a", "b"].
inline std::pair<std::string, std::string> read_merge(const TokenizerField& merge) {
    if (merge.json().is_array()) {
        if (merge.size() != 2) merge.fail("must have two parts");
        return {merge.element(0).string(), merge.element(1).string()};
    }
    const std::string& text = merge.string();
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
        merge.fail("must be two parts separated by one space");
    return {text.substr(0, space), text.substr(space + 1)};
}

/// The id; its name for an error is made only where there is one, as there are 150,000 of them.
template <class Name>
std::int32_t token_id_of(const nlohmann::json& id, Name name) {
    const bool good = id.is_number_unsigned() && id.get<std::uint64_t>() < max_token_ids;
    return good ? id.get<std::int32_t>() : TokenizerField(id, name()).id();
}

inline void read_model(const TokenizerField& model, TokenizerSpec& spec) {
    const TokenizerField type = model.member("type");
    if (!type.absent() && type.string() != "BPE") type.refuse(json_quoted(type.string()));
    for (const char* option : {"continuing_subword_prefix", "end_of_word_suffix"})
        if (!model.member(option).absent() && !model.member(option).string().empty())
            model.member(option).refuse("a value");
    if (!model.member("unk_token").absent()) model.member("unk_token").refuse("an unknown token");
    if (model.member("byte_fallback").boolean(false)) model.member("byte_fallback").refuse("true");
    const TokenizerField dropout = model.member("dropout");
    if (!dropout.absent() && dropout.json() != 0) dropout.refuse("dropout");
    spec.ignore_merges = model.member("ignore_merges").boolean(false);
    const TokenizerField vocab = model.member("vocab");
    if (!vocab.json().is_object()) vocab.fail("must be an object");
    spec.vocab.reserve(vocab.json().size());
    for (const auto& [token, id] : vocab.json().items())
        spec.vocab.emplace_back(token, token_id_of(id, [&vocab, &token = token] {
                                    return vocab.name() + "[" + nlohmann::json(token).dump() + "]";
                                }));
    const TokenizerField merges = model.member("merges");
    if (merges.absent()) merges.fail("is missing");
    const std::size_t count = merges.size();
    spec.merges.reserve(count);
    for (std::size_t rank = 0; rank < count; ++rank)
        spec.merges.push_back(read_merge(merges.element(rank)));
}

/// Reads `text`; errors begin with `where`, usually the path.
inline TokenizerSpec read_tokenizer_json(std::string_view text, const std::string& where) {
    expects(json_depth(text) <= max_json_depth,
            [&] { return where + ": nested deeper than " + std::to_string(max_json_depth); });
    nlohmann::json document;
    try {
        document = nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        const auto* parse = dynamic_cast<const nlohmann::json::parse_error*>(&error);
        throw Error(where + ": not valid JSON" +
                    (parse ? " at byte " + std::to_string(parse->byte) + " of " +
                                 std::to_string(text.size())
                           : std::string()) +
                    "; the file is damaged or cut off");
    }
    const TokenizerField root(document, where + ":");
    if (!document.is_object()) root.fail("must be a JSON object");
    const auto top = [&](const char* key) {
        return TokenizerField(root.member(key).json(), where + ": " + key);
    };
    TokenizerSpec spec;
    spec.added = read_added_tokens(top("added_tokens"));
    spec.nfc = read_normalizer_is_nfc(top("normalizer"));
    spec.pattern = read_pattern(top("pre_tokenizer"));
    const TokenizerField decoder = top("decoder");
    if (decoder.absent() || decoder.member("type").string() != "ByteLevel")
        decoder.refuse("anything but ByteLevel");
    const TokenizerField post = top("post_processor");
    if (!post.absent() && post.member("type").string() != "ByteLevel")
        post.refuse("anything but ByteLevel");
    const TokenizerField model = top("model");
    if (!model.json().is_object()) model.fail("must be an object");
    read_model(model, spec);
    return spec;
}

}  // namespace gppo
