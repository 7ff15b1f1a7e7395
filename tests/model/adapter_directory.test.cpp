// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/tiny_qwen3.hpp"
#include "temporary_directory.hpp"

#include <gppo/model/adapter_directory.hpp>

using namespace gppo;
using Catch::Contains;

TEST_CASE("adapters read back as they were written", "[model][adapter_directory]") {
    const TemporaryDirectory directory;
    LoraConfig config;
    config.rank = 2, config.target_modules = {"k_proj", "up_proj"}, config.base_model = "somewhere";
    const LoraLayout layout = lora_layout(test::tiny_config(), config);
    std::vector<float> adapters(static_cast<std::size_t>(layout.count));
    for (std::size_t i = 0; i < adapters.size(); ++i) adapters[i] = 0.25f * static_cast<float>(i);
    save_adapters(directory.path / "adapter", layout, config, adapters);
    CHECK(load_adapter_config(directory.path / "adapter") == config);
    std::vector<float> read(adapters.size());
    load_adapters(directory.path / "adapter", layout, read);
    CHECK(read == adapters);

    LoraConfig other = config;
    other.target_modules = {"k_proj"};
    const LoraLayout fewer = lora_layout(test::tiny_config(), other);
    CHECK_THROWS_WITH(load_adapters(directory.path / "adapter", fewer, read),
                      Contains("adapter_model.safetensors: tensor ") && Contains("up_proj") &&
                          Contains("belongs to no layer that is adapted"));
    other.target_modules = {"k_proj", "up_proj", "o_proj"};
    const LoraLayout more = lora_layout(test::tiny_config(), other);
    std::vector<float> room(static_cast<std::size_t>(more.count));
    CHECK_THROWS_WITH(load_adapters(directory.path / "adapter", more, room),
                      Contains("o_proj.lora_A.weight' is missing (4 of 12 are)"));
    other = config;
    other.rank = 3;
    const LoraLayout wider = lora_layout(test::tiny_config(), other);
    room.resize(static_cast<std::size_t>(wider.count));
    CHECK_THROWS_WITH(load_adapters(directory.path / "adapter", wider, room),
                      Contains("has shape [2, 10], it should have [3, 10]"));
}

TEST_CASE("adapters that are not finite are refused, and so is a directory without them",
          "[model][adapter_directory]") {
    const TemporaryDirectory directory;
    LoraConfig config;
    config.rank = 1, config.target_modules = {"k_proj"};
    const LoraLayout layout = lora_layout(test::tiny_config(), config);
    std::vector<float> adapters(static_cast<std::size_t>(layout.count));
    adapters[4] = std::numeric_limits<float>::quiet_NaN();
    save_adapters(directory.path, layout, config, adapters);
    CHECK_THROWS_WITH(load_adapters(directory.path, layout, adapters),
                      Contains("lora_A.weight' is NaN at [0, 4]"));
    CHECK_THROWS_WITH(load_adapter_config(directory.path / "none"),
                      Contains("adapter_config.json"));
}
