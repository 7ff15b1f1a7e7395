// SPDX-License-Identifier: Apache-2.0
//
// What low-rank adapters (Hu et al. 2021, arXiv 2106.09685) are put on, as PEFT writes it into
// adapter_config.json. What would change the sum W + scale B A (DoRA, biases, other ranks for some
// layers, layers saved whole) is refused by name, never passed over.
#pragma once

#include <gppo/core/error.hpp>
#include <gppo/core/view.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace gppo {

struct LoraConfig {
    Index rank = 8;
    double alpha = 16;
    bool rank_stabilised = false;  ///< rsLoRA (arXiv 2312.03732): the scale falls with sqrt(rank)
    /// Names of linear layers, whole or their ends ("q_proj", "self_attn.q_proj").
    std::vector<std::string> target_modules{"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                            "gate_proj", "up_proj", "down_proj"};
    std::string base_model{};  ///< where the weights below the adapters are, for other programs

    float scale() const {
        const auto r = static_cast<double>(rank);
        return static_cast<float>(alpha / (rank_stabilised ? std::sqrt(r) : r));
    }

    /// Whether the linear layer of this whole name gets an adapter: PEFT's rule for lists.
    bool targets(std::string_view module) const {
        for (const std::string& target : target_modules)
            if (module == target || (module.ends_with(target) && module.size() > target.size() &&
                                     module[module.size() - target.size() - 1] == '.'))
                return true;
        return false;
    }

    bool operator==(const LoraConfig&) const = default;
};

inline void check(const LoraConfig& c) {
    expects(c.rank >= 1, [&] { return "lora: rank " + std::to_string(c.rank) + " is below 1"; });
    expects(std::isfinite(c.alpha) && c.alpha > 0, "lora: alpha must be above 0");
    expects(!c.target_modules.empty(), "lora: target_modules is empty; name the layers to adapt");
}

/// The text of adapter_config.json.
inline std::string lora_config_to_json(const LoraConfig& c) {
    const nlohmann::ordered_json json = {{"peft_type", "LORA"},
                                         {"task_type", "CAUSAL_LM"},
                                         {"base_model_name_or_path", c.base_model},
                                         {"revision", nullptr},
                                         {"inference_mode", true},
                                         {"r", c.rank},
                                         {"lora_alpha", c.alpha},
                                         {"use_rslora", c.rank_stabilised},
                                         {"target_modules", c.target_modules},
                                         {"lora_dropout", 0.0},
                                         {"bias", "none"},
                                         {"fan_in_fan_out", false},
                                         {"init_lora_weights", true},
                                         {"use_dora", false},
                                         {"modules_to_save", nullptr},
                                         {"layers_to_transform", nullptr},
                                         {"layers_pattern", nullptr},
                                         {"rank_pattern", nlohmann::ordered_json::object()},
                                         {"alpha_pattern", nlohmann::ordered_json::object()}};
    return json.dump(2) + "\n";
}

/// Reads adapter_config.json; `where` (a path) opens every error message.
inline LoraConfig lora_config_from_json(std::string_view text, const std::string& where) {
    const auto json = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
    expects(json.is_object(), [&] { return where + ": not a JSON object"; });
    const auto value = [&](const char* key) {
        const auto found = json.find(key);
        return found == json.end() ? nlohmann::json() : *found;
    };
    const auto fail = [&](const char* key, const std::string& wants) {
        throw Error(where + ": " + key + " is " +
                    value(key).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) +
                    "; " + wants);
    };
    if (value("peft_type") != "LORA") fail("peft_type", "only LORA adapters can be read");
    // Off: false, null, "none", nothing in it.
    for (const char* key : {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "bias",
                            "modules_to_save", "layers_to_transform", "layer_replication",
                            "rank_pattern", "alpha_pattern", "exclude_modules", "target_parameters",
                            "trainable_token_indices", "megatron_config", "loftq_config"}) {
        const nlohmann::json v = value(key);
        const bool off = v.is_null() || v == false || v == "none" ||
                         ((v.is_object() || v.is_array()) && v.empty());
        if (!off) fail(key, "adapters with it cannot be read");
    }
    LoraConfig c;
    if (!value("r").is_number_integer() || value("r") < 1 || value("r") > (1 << 20))
        fail("r", "it must be a whole number above 0");
    c.rank = value("r").get<Index>();
    if (!value("lora_alpha").is_number() || !(value("lora_alpha").get<double>() > 0))
        fail("lora_alpha", "it must be a number above 0");
    c.alpha = value("lora_alpha").get<double>();
    if (!value("use_rslora").is_null() && !value("use_rslora").is_boolean())
        fail("use_rslora", "it must be true or false");
    c.rank_stabilised = value("use_rslora") == true;
    const nlohmann::json names = value("target_modules");
    c.target_modules.clear();
    if (!names.is_array() || names.empty()) fail("target_modules", "it must be a list of names");
    for (const auto& name : names) {
        if (!name.is_string()) fail("target_modules", "it must be a list of names");
        c.target_modules.push_back(name.get<std::string>());
    }
    if (value("base_model_name_or_path").is_string())
        c.base_model = value("base_model_name_or_path").get<std::string>();
    check(c);
    return c;
}

}  // namespace gppo
