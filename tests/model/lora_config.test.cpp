// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/lora_config.hpp>

using namespace gppo;
using Catch::Contains;

namespace {

// As PEFT 0.21 writes it.
const char* const peft_sample =
    R"({"alora_invocation_tokens":null,"alpha_pattern":{},"auto_mapping":null,
  "base_model_name_or_path":"Qwen/Qwen3-0.6B","bias":"none","corda_config":null,"eva_config":null,
  "exclude_modules":null,"fan_in_fan_out":false,"inference_mode":true,"init_lora_weights":true,
  "layer_replication":null,"layers_pattern":null,"layers_to_transform":null,"loftq_config":{},
  "lora_alpha":32,"lora_bias":false,"lora_dropout":0.05,"megatron_config":null,
  "megatron_core":"megatron.core","modules_to_save":null,"peft_type":"LORA","qalora_group_size":16,
  "r":4,"rank_pattern":{},"revision":null,"target_modules":["v_proj","q_proj"],
  "target_parameters":null,"task_type":"CAUSAL_LM","trainable_token_indices":null,"use_dora":false,
  "use_qalora":false,"use_rslora":false})";

LoraConfig lora_from(const nlohmann::json& json) {
    return lora_config_from_json(json.dump(), "a/adapter_config.json");
}

}  // namespace

TEST_CASE("PEFT's adapter_config.json is read", "[model][lora_config]") {
    const LoraConfig c = lora_config_from_json(peft_sample, "p");
    CHECK(c.rank == 4);
    CHECK(c.alpha == 32);
    CHECK(c.scale() == 8.0f);
    CHECK(c.target_modules == std::vector<std::string>{"v_proj", "q_proj"});
    CHECK(c.base_model == "Qwen/Qwen3-0.6B");
    CHECK_FALSE(c.rank_stabilised);
}

TEST_CASE("what is written reads back", "[model][lora_config]") {
    LoraConfig c;
    c.rank = 5, c.alpha = 12.5, c.rank_stabilised = true, c.target_modules = {"o_proj"};
    c.base_model = "runs/base";
    CHECK(lora_config_from_json(lora_config_to_json(c), "p") == c);
    CHECK(c.scale() == Approx(12.5 / std::sqrt(5.0)));
}

TEST_CASE("a module is meant by its whole name or the end of it", "[model][lora_config]") {
    LoraConfig c;
    c.target_modules = {"q_proj", "mlp.up_proj", "model.layers.1.self_attn.v_proj"};
    CHECK(c.targets("model.layers.0.self_attn.q_proj"));
    CHECK(c.targets("model.layers.3.mlp.up_proj"));
    CHECK(c.targets("model.layers.1.self_attn.v_proj"));
    CHECK_FALSE(c.targets("model.layers.11.self_attn.v_proj"));
    CHECK_FALSE(c.targets("model.layers.0.self_attn.seq_proj"));
    CHECK_FALSE(c.targets("model.layers.0.mlp.down_proj"));
}

TEST_CASE("what would change the sum is refused by name", "[model][lora_config]") {
    const auto refuses = [](const char* key, const nlohmann::json& value) {
        auto json = nlohmann::json::parse(peft_sample);
        json[key] = value;
        CHECK_THROWS_WITH(lora_from(json), Contains("a/adapter_config.json: ") && Contains(key));
    };
    refuses("peft_type", "IA3");
    refuses("use_dora", true);
    refuses("bias", "all");
    refuses("lora_bias", true);
    refuses("modules_to_save", {"lm_head"});
    refuses("layers_to_transform", {0, 1});
    refuses("layers_to_transform", 0);
    refuses("rank_pattern", {{"q_proj", 4}});
    refuses("alpha_pattern", {{"q_proj", 4}});
    refuses("fan_in_fan_out", true);
    refuses("trainable_token_indices", {1});
    refuses("exclude_modules", "q_proj");
    refuses("r", 0);
    refuses("r", 1.5);
    refuses("r", nullptr);
    refuses("lora_alpha", "x");
    refuses("lora_alpha", 0);
    refuses("use_rslora", 1);
    refuses("target_modules", ".*q_proj");
    refuses("target_modules", nlohmann::json::array());
    refuses("target_modules", {1});
    CHECK_THROWS_WITH(lora_config_from_json("[]", "p"), "p: not a JSON object");
    CHECK_THROWS_WITH(lora_config_from_json("{", "p"), "p: not a JSON object");
}
