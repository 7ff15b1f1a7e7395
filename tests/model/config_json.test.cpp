// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/config_json.hpp>

namespace {

gppo::Qwen3Config small() {
    return {.vocab_size = 11,
            .hidden_size = 6,
            .intermediate_size = 7,
            .num_hidden_layers = 3,
            .num_attention_heads = 4,
            .num_key_value_heads = 2,
            .head_dim = 10,
            .max_position_embeddings = 99,
            .rms_norm_eps = 1e-5f,
            .rope_theta = 12345.5f,
            .initializer_range = 0.1f,
            .tie_word_embeddings = true,
            .bos_token_id = {},
            .eos_token_id = 3,
            .pad_token_id = 0};
}

/// The written config with one field set to `value` (JSON text), or removed when `value` is empty.
std::string changed(const std::string& field, const std::string& value) {
    auto json = nlohmann::json::parse(gppo::qwen3_config_to_json(small()));
    json.erase(field);
    if (!value.empty()) json[field] = nlohmann::json::parse(value);
    return json.dump();
}

std::string config_problem(const std::string& text) {
    try {
        gppo::qwen3_config_from_json(text, "dir/config.json");
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a model config survives the round trip through config.json", "[config_json]") {
    gppo::Qwen3Config config = small();
    CHECK(gppo::qwen3_config_from_json(gppo::qwen3_config_to_json(config), "x") == config);
    config.tie_word_embeddings = false;
    config.bos_token_id = 5;
    CHECK(gppo::qwen3_config_from_json(gppo::qwen3_config_to_json(config), "x") == config);
}

TEST_CASE("config.json is written with short numbers and both spellings", "[config_json]") {
    const std::string text = gppo::qwen3_config_to_json(small(), "bfloat16");
    const auto json = nlohmann::json::parse(text);
    CHECK(text.find("\"rms_norm_eps\": 1e-05") != std::string::npos);
    CHECK(json["rope_theta"] == 12345.5);
    CHECK(json["rope_parameters"]["rope_theta"] == 12345.5);
    CHECK(json["dtype"] == "bfloat16");
    CHECK(json["torch_dtype"] == "bfloat16");
    CHECK(json["architectures"][0] == "Qwen3ForCausalLM");
    CHECK(json["layer_types"].size() == 3);
}

TEST_CASE("config.json is read in the spelling of transformers 4 and of 5", "[config_json]") {
    const auto theta = [](const std::string& fields) {
        auto json = nlohmann::json::parse(gppo::qwen3_config_to_json(small()));
        for (const char* name : {"rope_theta", "rope_parameters", "rope_scaling"}) json.erase(name);
        json.update(nlohmann::json::parse(fields));
        return gppo::qwen3_config_from_json(json.dump(), "x").rope_theta;
    };
    CHECK(theta(R"({"rope_theta": 5e6, "rope_scaling": null})") == 5e6f);
    CHECK(theta(R"({"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}})") == 1e6f);
    CHECK(theta("{}") == 10000.0f);
}

TEST_CASE("YaRN is read in both spellings and survives the round trip", "[config_json]") {
    const auto yarn = [](const std::string& fields) {
        auto json = nlohmann::json::parse(gppo::qwen3_config_to_json(small()));
        for (const char* name : {"rope_theta", "rope_parameters", "rope_scaling"}) json.erase(name);
        json.update(nlohmann::json::parse(fields));
        return gppo::qwen3_config_from_json(json.dump(), "x");
    };
    // Qwen's model cards, transformers 4 and 5.
    const gppo::Yarn card{.factor = 4, .original_max_position_embeddings = 32768};
    const auto old = yarn(
        R"({"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}})");
    CHECK(old.yarn == card);
    CHECK(old.rope_theta == 1e6f);
    CHECK(yarn(R"({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0,
                   "original_max_position_embeddings": 32768}})") == old);
    CHECK(gppo::qwen3_config_from_json(gppo::qwen3_config_to_json(old), "x") == old);
    // Without the old length it is the present one; beside the block it goes first.
    CHECK(yarn(R"({"rope_scaling": {"type": "yarn", "factor": 2}})")
              .yarn->original_max_position_embeddings == 99);
    CHECK(yarn(R"({"original_max_position_embeddings": 33, "rope_scaling": {"type": "yarn"}})")
              .yarn->factor == 3);
    const auto full = yarn(
        R"({"rope_scaling": {"type": "yarn", "factor": 2, "beta_fast": 16, "beta_slow": 2, "attention_factor": 1.5,
            "mscale": 0.5, "mscale_all_dim": 0.25, "truncate": false}})");
    CHECK(full.yarn == gppo::Yarn{.factor = 2,
                                  .original_max_position_embeddings = 99,
                                  .beta_fast = 16,
                                  .beta_slow = 2,
                                  .attention_factor = 1.5,
                                  .mscale = 0.5,
                                  .mscale_all_dim = 0.25,
                                  .truncate = false});
    CHECK(gppo::qwen3_config_from_json(gppo::qwen3_config_to_json(full), "x") == full);
}

TEST_CASE("several end tokens are read as the first", "[config_json]") {
    CHECK(gppo::qwen3_config_from_json(changed("eos_token_id", "[7, 8]"), "x").eos_token_id == 7);
    CHECK_FALSE(gppo::qwen3_config_from_json(changed("eos_token_id", "null"), "x")
                    .eos_token_id.has_value());
}

TEST_CASE("a bad config.json is an error that names the file and the field", "[config_json]") {
    const std::vector<std::array<std::string, 3>> cases = {
        {"model_type", "", "'model_type' is missing"},
        {"model_type", "\"llama\"", "'model_type' is \"llama\""},
        {"model_type", "7", "'model_type' is 7"},
        {"vocab_size", "", "'vocab_size' is missing"},
        {"hidden_size", "-3", "'hidden_size' is -3"},
        {"hidden_size", "0", "hidden_size is 0"},
        {"hidden_size", "1.5", "'hidden_size' is 1.5"},
        {"hidden_size", "\"6\"", "'hidden_size' is \"6\""},
        {"hidden_size", "[6]", "'hidden_size' is [6]"},
        {"hidden_size", "99999999999999999999", "'hidden_size'"},
        {"num_hidden_layers", "4294967296", "'num_hidden_layers'"},
        {"num_key_value_heads", "3", "num_key_value_heads"},
        {"head_dim", "7", "head_dim"},
        {"rms_norm_eps", "\"x\"", "'rms_norm_eps'"},
        {"rms_norm_eps", "0", "rms_norm_eps"},
        {"rms_norm_eps", "1e300", "'rms_norm_eps'"},
        {"rope_scaling", R"({"type": "longrope", "factor": 4})",
         "rope_scaling: 'type' is \"longrope\""},
        {"rope_scaling", R"({"rope_type": "yarn", "factor": 0.5})", "factor must be at least 1"},
        {"rope_scaling", R"({"rope_type": "yarn", "factor": "4"})", "'factor' is \"4\""},
        {"rope_scaling", R"({"rope_type": "default", "partial_rotary_factor": 0.5})",
         "'partial_rotary_factor' is 0.5"},
        {"rope_parameters", R"({"rope_type": "linear"})",
         "rope_parameters: 'rope_type' is \"linear\""},
        {"rope_parameters", "3", "'rope_parameters'"},
        {"hidden_act", "\"gelu\"", "'hidden_act'"},
        {"attention_bias", "true", "'attention_bias'"},
        {"use_sliding_window", "true", "'use_sliding_window'"},
        {"layer_types", R"(["sliding_attention"])", "'layer_types'"},
        {"tie_word_embeddings", "1", "'tie_word_embeddings'"},
        {"eos_token_id", "-1", "'eos_token_id'"},
        {"eos_token_id", "[\"x\"]", "'eos_token_id'"},
    };
    for (const auto& [field, value, word] : cases) {
        const std::string text = config_problem(changed(field, value));
        INFO(field << " = " << value << ": " << text);
        CHECK(text.find(word) != std::string::npos);
        CHECK(text.rfind("dir/config.json: ", 0) == 0);
        CHECK(text.find('\n') == std::string::npos);
    }
    for (const char* text : {"", "[]", "3", "{", "{\"model_type\": \"qwen3\"", "\xFF"})
        CHECK(config_problem(text) == "dir/config.json: not a JSON object");
    const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
    CHECK(config_problem("{\"model_type\": " + deep + "}") ==
          "dir/config.json: nested deeper than 128");
}
