// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <gppo/model/parameters.hpp>
#include <gppo/model/qwen3_sizes.hpp>

TEST_CASE("the published sizes have the published numbers of parameters", "[model][qwen3]") {
    const auto count = [](const char* name) {
        return gppo::qwen3_layout(gppo::published_qwen3(name).value()).count;
    };
    // sum of model.safetensors of each repository
    CHECK(count("Qwen3-0.6B") == 596049920);
    CHECK(count("Qwen3-1.7B") == 1720574976);
    CHECK(count("Qwen/Qwen3-4B") == 4022468096);
    CHECK(count("/models/Qwen3-8B") == 8190735360);
    CHECK(count("Qwen3-14B-Base") == 14768307200);
    CHECK(count("Qwen3-32B") == 32762123264);
    CHECK(gppo::published_qwen3("Qwen3-4B-Instruct-2507")->max_position_embeddings == 262144);
}

TEST_CASE("a name that was never published has no shape", "[model][qwen3]") {
    for (const char* name : {"", "Qwen3", "Qwen3-", "Qwen3-9B", "Qwen2-8B", "Qwen3-8B/model"})
        CHECK_FALSE(gppo::published_qwen3(name).has_value());
}
