// SPDX-License-Identifier: Apache-2.0
//
// Qwen3Config to and from transformers' config.json. Reads the spellings of transformers 4
// (rope_theta, torch_dtype) and 5 (rope_parameters, dtype) and writes both. What the model here
// does not compute (sliding windows, other scalings of RoPE than YaRN, biases) is refused, never
// ignored.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/json_depth.hpp>
#include <gppo/model/qwen3_config.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace gppo {

/// The JSON object that the text is. Throws Error with `where` (its path) when it is none.
inline nlohmann::json json_object(std::string_view text, const std::string& where) {
    expects(json_depth(text) <= max_json_depth,
            [&] { return where + ": nested deeper than " + std::to_string(max_json_depth); });
    nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    expects(json.is_object(), [&] { return where + ": not a JSON object"; });
    return json;
}

/// Reads fields of one JSON object; every complaint names the file and the field.
class JsonFields {
  public:
    JsonFields(const nlohmann::json& object, std::string where)
        : object_(object), where_(std::move(where)) {}

    [[noreturn]] void fail(const std::string& problem) const {
        throw Error(where_ + ": " + problem);
    }

    /// Null when the field is missing or null.
    const nlohmann::json* find(const char* name) const {
        const auto found = object_.find(name);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    Index integer(const char* name, std::optional<Index> otherwise = {}) const {
        const nlohmann::json* value = find(name);
        if (value == nullptr && otherwise) return *otherwise;
        if (value == nullptr) fail("'" + std::string(name) + "' is missing");
        // 2^31 bounds every product of two sizes below 2^63.
        if (!value->is_number_integer() || *value < 0 || *value >= (std::int64_t{1} << 31))
            fail("'" + std::string(name) + "' is " + text(*value) +
                 "; it must be a whole number below 2^31");
        return value->get<Index>();
    }
    std::optional<Index> token(const char* name) const {
        const nlohmann::json* value = find(name);
        if (value == nullptr) return {};
        if (!value->is_array()) return integer(name);
        if (value->empty()) return {};
        // Several end tokens: the first is the one that ends a turn.
        const nlohmann::json first = {{name, value->front()}};
        return JsonFields(first, where_).integer(name);
    }
    float number(const char* name, float otherwise) const {
        const nlohmann::json* value = find(name);
        if (value == nullptr) return otherwise;
        if (!value->is_number() || !std::isfinite(value->get<float>()))
            fail("'" + std::string(name) + "' is " + text(*value) + "; it must be a number");
        return value->get<float>();
    }
    double real(const char* name, double otherwise) const {
        const nlohmann::json* value = find(name);
        if (value == nullptr) return otherwise;
        if (!value->is_number() || !std::isfinite(value->get<double>()))
            fail("'" + std::string(name) + "' is " + text(*value) + "; it must be a number");
        return value->get<double>();
    }
    bool is(const char* name, const char* word) const {
        const nlohmann::json* value = find(name);
        return value != nullptr && *value == word;
    }
    bool boolean(const char* name, bool otherwise) const {
        const nlohmann::json* value = find(name);
        if (value == nullptr) return otherwise;
        if (!value->is_boolean())
            fail("'" + std::string(name) + "' is " + text(*value) + "; it must be true or false");
        return value->get<bool>();
    }
    /// Throws unless the field is missing or has this value.
    void only(const char* name, const nlohmann::json& supported) const {
        const nlohmann::json* value = find(name);
        if (value != nullptr && *value != supported)
            fail("'" + std::string(name) + "' is " + text(*value) + "; only " + text(supported) +
                 " is supported");
    }
    static std::string text(const nlohmann::json& value) {
        const std::string full =
            value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
        return full.size() <= 60 ? full : full.substr(0, 57) + "...";
    }

  private:
    const nlohmann::json& object_;
    std::string where_;
};

/// The fields of a "yarn" block. transformers lets the length before stand beside the block, too.
inline Yarn yarn_from(const JsonFields& rope, const JsonFields& fields, Index longest) {
    const auto number = [&](const char* name) -> std::optional<double> {
        if (rope.find(name) == nullptr) return {};
        return rope.real(name, 0);
    };
    Yarn yarn;
    yarn.original_max_position_embeddings =
        fields.integer("original_max_position_embeddings",
                       rope.integer("original_max_position_embeddings", longest));
    const auto before = static_cast<double>(
        std::max<Index>(1, yarn.original_max_position_embeddings));  // 0 is refused by check()
    yarn.factor = rope.real("factor", static_cast<double>(longest) / before);
    yarn.beta_fast = rope.real("beta_fast", yarn.beta_fast);
    yarn.beta_slow = rope.real("beta_slow", yarn.beta_slow);
    yarn.attention_factor = number("attention_factor");
    yarn.mscale = number("mscale");
    yarn.mscale_all_dim = number("mscale_all_dim");
    yarn.truncate = rope.boolean("truncate", true);
    return yarn;
}

/// rope_parameters (5), or rope_theta and rope_scaling (4), which goes first where both are.
inline void read_rope(const JsonFields& fields, const std::string& where, Qwen3Config& config) {
    config.rope_theta = fields.number("rope_theta", 10000.0f);
    bool scaled = false;
    for (const char* name : {"rope_scaling", "rope_parameters"}) {
        const nlohmann::json* value = fields.find(name);
        if (value == nullptr) continue;
        if (!value->is_object()) fields.fail("'" + std::string(name) + "' must be an object");
        const JsonFields rope(*value, where + ": " + name);
        config.rope_theta = rope.number("rope_theta", config.rope_theta);
        const bool yarn = rope.is("rope_type", "yarn") || rope.is("type", "yarn");
        if (!yarn && !scaled) {
            rope.only("rope_type", "default");
            rope.only("type", "default");
        }
        rope.only("partial_rotary_factor", 1.0);
        if (yarn && !scaled) config.yarn = yarn_from(rope, fields, config.max_position_embeddings);
        scaled |= !value->empty();
    }
}

/// Parses the text of a config.json. `where` (its path) opens every error message.
inline Qwen3Config qwen3_config_from_json(std::string_view text, const std::string& where) {
    const nlohmann::json json = json_object(text, where);
    const JsonFields fields(json, where);
    if (fields.find("model_type") == nullptr)
        fields.fail("'model_type' is missing; \"qwen3\" is supported");
    fields.only("model_type", "qwen3");
    fields.only("hidden_act", "silu");
    fields.only("attention_bias", false);
    fields.only("use_sliding_window", false);
    if (const nlohmann::json* layers = fields.find("layer_types"))
        for (const auto& layer : *layers)
            if (layer != "full_attention")
                fields.fail("'layer_types' has " + JsonFields::text(layer) +
                            "; only \"full_attention\" is supported");
    Qwen3Config config;
    config.vocab_size = fields.integer("vocab_size");
    config.hidden_size = fields.integer("hidden_size");
    config.intermediate_size = fields.integer("intermediate_size");
    config.num_hidden_layers = fields.integer("num_hidden_layers");
    config.num_attention_heads = fields.integer("num_attention_heads");
    config.num_key_value_heads = fields.integer("num_key_value_heads", config.num_attention_heads);
    config.head_dim = fields.integer("head_dim", 128);
    config.max_position_embeddings = fields.integer("max_position_embeddings", 32768);
    config.rms_norm_eps = fields.number("rms_norm_eps", 1e-6f);
    read_rope(fields, where, config);
    config.initializer_range = fields.number("initializer_range", 0.02f);
    config.tie_word_embeddings = fields.boolean("tie_word_embeddings", false);
    config.bos_token_id = fields.token("bos_token_id");
    config.eos_token_id = fields.token("eos_token_id");
    config.pad_token_id = fields.token("pad_token_id");
    try {
        check(config);
    } catch (const Error& error) {
        fields.fail(error.what());
    }
    return config;
}

/// The double with the shortest text that reads back as this float: 1e-6f is written as 1e-06.
inline double shortest(float value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    double result = value;
    std::from_chars(text.data(), end, result);
    return result;
}

/// rope_parameters, which transformers 4 calls rope_scaling.
inline nlohmann::ordered_json rope_json(const Qwen3Config& config) {
    nlohmann::ordered_json json = {{"rope_theta", shortest(config.rope_theta)},
                                   {"rope_type", config.yarn ? "yarn" : "default"}};
    if (!config.yarn) return json;
    const Yarn& yarn = *config.yarn;
    json["factor"] = yarn.factor;
    json["original_max_position_embeddings"] = yarn.original_max_position_embeddings;
    const auto add = [&](const char* name, std::optional<double> value) {
        if (value) json[name] = *value;
    };
    if (yarn.beta_fast != Yarn{}.beta_fast) json["beta_fast"] = yarn.beta_fast;
    if (yarn.beta_slow != Yarn{}.beta_slow) json["beta_slow"] = yarn.beta_slow;
    add("attention_factor", yarn.attention_factor);
    add("mscale", yarn.mscale);
    add("mscale_all_dim", yarn.mscale_all_dim);
    if (!yarn.truncate) json["truncate"] = false;
    return json;
}

/// The text of a config.json that transformers 4 and 5, vLLM and SGLang read. `dtype` is that of
/// the weights beside it, in torch's spelling.
inline std::string qwen3_config_to_json(const Qwen3Config& config,
                                        const std::string& dtype = "float32") {
    const auto token = [](std::optional<Index> id) {
        return id ? nlohmann::ordered_json(*id) : nullptr;
    };
    nlohmann::ordered_json json;
    json["architectures"] = {"Qwen3ForCausalLM"};
    json["attention_bias"] = false;
    json["attention_dropout"] = 0.0;
    json["bos_token_id"] = token(config.bos_token_id);
    json["dtype"] = dtype;
    json["eos_token_id"] = token(config.eos_token_id);
    json["head_dim"] = config.head_dim;
    json["hidden_act"] = "silu";
    json["hidden_size"] = config.hidden_size;
    json["initializer_range"] = shortest(config.initializer_range);
    json["intermediate_size"] = config.intermediate_size;
    json["layer_types"] = std::vector<std::string>(
        static_cast<std::size_t>(config.num_hidden_layers), "full_attention");
    json["max_position_embeddings"] = config.max_position_embeddings;
    json["max_window_layers"] = config.num_hidden_layers;
    json["model_type"] = "qwen3";
    json["num_attention_heads"] = config.num_attention_heads;
    json["num_hidden_layers"] = config.num_hidden_layers;
    json["num_key_value_heads"] = config.num_key_value_heads;
    json["pad_token_id"] = token(config.pad_token_id);
    json["rms_norm_eps"] = shortest(config.rms_norm_eps);
    json["rope_parameters"] = rope_json(config);
    json["rope_scaling"] = config.yarn ? rope_json(config) : nlohmann::ordered_json();
    json["rope_theta"] = shortest(config.rope_theta);
    json["sliding_window"] = nullptr;
    json["tie_word_embeddings"] = config.tie_word_embeddings;
    json["torch_dtype"] = dtype;
    json["use_cache"] = true;
    json["use_sliding_window"] = false;
    json["vocab_size"] = config.vocab_size;
    return json.dump(2) + "\n";
}

}  // namespace gppo
