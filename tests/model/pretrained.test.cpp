// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <gppo/model/pretrained.hpp>

#include <cstdlib>
#include <limits>
#include <random>

namespace {

namespace fs = std::filesystem;

gppo::Qwen3Config small_model(bool tied = true) {
    gppo::Qwen3Config config;
    config.vocab_size = 13;
    config.hidden_size = 6;
    config.intermediate_size = 5;
    config.num_hidden_layers = 2;
    config.num_attention_heads = 4;
    config.num_key_value_heads = 2;
    config.head_dim = 4;
    config.tie_word_embeddings = tied;
    config.eos_token_id = 2;
    return config;
}

std::vector<float> random_weights(const gppo::Qwen3Config& config, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> weights(static_cast<std::size_t>(gppo::qwen3_layout(config).count));
    for (float& w : weights) w = normal(random);
    return weights;
}

std::string load_problem(const fs::path& directory) {
    try {
        gppo::load_pretrained(directory);
    } catch (const gppo::Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a saved model loads back bit for bit, tied and untied, in one file or many",
          "[pretrained]") {
    for (const bool tied : {true, false})
        for (const gppo::Index limit : {5'000'000'000L, 900L, 1L}) {
            const TemporaryDirectory scratch;
            const auto config = small_model(tied);
            const auto weights = random_weights(config);
            gppo::save_pretrained(scratch.path / "model", config, weights, {},
                                  {.max_shard_bytes = limit});
            const bool single = fs::exists(scratch.path / "model" / "model.safetensors");
            CHECK(single == (limit > 1'000'000));
            const auto model = gppo::load_pretrained(scratch.path / "model");
            CHECK(model.config == config);
            CHECK(model.weights == weights);
        }
}

TEST_CASE("saving in BF16 rounds each weight once", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    const auto weights = random_weights(config);
    gppo::save_pretrained(scratch.path, config, weights, {}, {.dtype = "BF16"});
    const auto model = gppo::load_pretrained(scratch.path);
    for (std::size_t i = 0; i < weights.size(); ++i)
        REQUIRE(model.weights[i] == gppo::bf16_to_float(gppo::float_to_bf16(weights[i])));
    CHECK_THROWS_WITH(gppo::save_pretrained(scratch.path, config, weights, {}, {.dtype = "I8"}),
                      "cannot save weights as I8; use F32, BF16 or F16");
}

TEST_CASE("weights that are kept in bf16 are saved as they are, and in what else is asked for",
          "[pretrained]") {
    const auto config = small_model();
    const auto weights = random_weights(config);
    std::vector<std::uint16_t> kept(weights.size()), back(weights.size());
    gppo::copy_stored(gppo::View<const float>(weights), kept);
    for (const std::string dtype : {"", "BF16", "F32"})
        for (const gppo::Index limit : {5'000'000'000L, 900L}) {
            const TemporaryDirectory scratch;
            gppo::save_pretrained(scratch.path, config, gppo::View<const std::uint16_t>(kept), {},
                                  {.dtype = dtype, .max_shard_bytes = limit});
            gppo::load_weights(scratch.path, config, back);
            CHECK(back == kept);
            CHECK(gppo::read_file(scratch.path / "config.json")
                      .find(dtype == "F32" ? "\"float32\"" : "\"bfloat16\"") != std::string::npos);
        }
}

TEST_CASE("saving in F16 rounds each weight once, and refuses what does not fit", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    auto weights = random_weights(config);
    gppo::save_pretrained(scratch.path, config, weights, {}, {.dtype = "F16"});
    const auto model = gppo::load_pretrained(scratch.path);
    for (std::size_t i = 0; i < weights.size(); ++i)
        REQUIRE(model.weights[i] == gppo::f16_to_float(gppo::float_to_f16(weights[i])));
    CHECK(gppo::read_file(scratch.path / "config.json").find("\"torch_dtype\": \"float16\"") !=
          std::string::npos);
    weights[7] = -1e5f;
    CHECK_THROWS_WITH(gppo::pretrained_files(config, weights, {}, {.dtype = "F16"}),
                      Catch::Contains("too large for F16"));
}

TEST_CASE("the end tokens are those of generation_config.json, else of config.json",
          "[pretrained]") {
    const TemporaryDirectory scratch;
    using Ids = std::vector<gppo::Index>;
    CHECK(gppo::load_end_tokens(scratch.path).empty());
    gppo::write_file(scratch.path / "config.json", R"({"eos_token_id": [4, 5, 4]})");
    CHECK(gppo::load_end_tokens(scratch.path) == Ids{4, 5});
    gppo::write_file(scratch.path / "generation_config.json", R"({"do_sample": true})");
    CHECK(gppo::load_end_tokens(scratch.path) == Ids{4, 5});
    gppo::write_file(scratch.path / "generation_config.json",
                     R"({"eos_token_id": [151645, 151643]})");
    CHECK(gppo::load_end_tokens(scratch.path) == Ids{151645, 151643});
    gppo::write_file(scratch.path / "generation_config.json", R"({"eos_token_id": 3})");
    CHECK(gppo::load_end_tokens(scratch.path) == Ids{3});
    gppo::write_file(scratch.path / "generation_config.json", "[");
    CHECK_THROWS_WITH(gppo::load_end_tokens(scratch.path),
                      Catch::Contains("generation_config.json"));
}

TEST_CASE("saving over another layout leaves only the new one", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    const auto first = random_weights(config, 1), second = random_weights(config, 2),
               third = random_weights(config, 3);
    gppo::save_pretrained(scratch.path, config, first);
    gppo::save_pretrained(scratch.path, config, second, {}, {.max_shard_bytes = 900});
    CHECK(gppo::load_pretrained(scratch.path).weights == second);
    gppo::save_pretrained(scratch.path, config, third);
    CHECK(gppo::load_pretrained(scratch.path).weights == third);
    CHECK_FALSE(fs::exists(scratch.path / "model.safetensors.index.json"));
}

TEST_CASE("tokenizer files come along and replace ours of the same name", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    const auto weights = random_weights(config);
    gppo::save_pretrained(
        scratch.path, config, weights,
        {{.name = "tokenizer.json", .head = "T"}, {.name = "generation_config.json", .head = "G"}});
    CHECK(gppo::read_file(scratch.path / "tokenizer.json") == "T");
    CHECK(gppo::read_file(scratch.path / "generation_config.json") == "G");
    CHECK_THROWS_WITH(gppo::pretrained_files(config, gppo::View<const float>(weights).slice(0, 9)),
                      Catch::Contains("weights, not 9"));
}

TEST_CASE("NaN and infinite weights are refused, with tensor and position", "[pretrained]") {
    const auto config = small_model();
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        const TemporaryDirectory scratch;
        auto weights = random_weights(config);
        for (const auto& tensor : gppo::qwen3_tensors(config))
            if (tensor.name == "model.layers.1.mlp.down_proj.weight")
                weights[static_cast<std::size_t>(tensor.offset + 2 * tensor.shape[1] + 3)] = bad;
        gppo::save_pretrained(scratch.path, config, weights);
        CHECK(load_problem(scratch.path) ==
              (scratch.path / "model.safetensors").string() +
                  ": tensor 'model.layers.1.mlp.down_proj.weight' is " +
                  (bad != bad ? "NaN" : "infinite") + " at [2, 3]");
    }
}

TEST_CASE("missing, unknown, misshapen and foreign tensors are refused by name", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    const auto weights = random_weights(config);
    const auto tensors = gppo::qwen3_tensors(config);
    const auto save = [&](auto change) {
        gppo::save_pretrained(scratch.path, config, weights);
        std::vector<gppo::StoredTensor> stored;
        for (const auto& tensor : tensors)
            stored.push_back({tensor.name, "F32", tensor.shape,
                              gppo::bytes_of(gppo::View<const float>(weights).slice(
                                  tensor.offset, tensor.size()))});
        change(stored);
        gppo::write_file(scratch.path, gppo::safetensors_file("model.safetensors", stored));
        return load_problem(scratch.path);
    };
    using Stored = std::vector<gppo::StoredTensor>;
    CHECK(save([](Stored&) {}).empty());
    CHECK(save([](Stored& s) { s.pop_back(); }).find("'model.norm.weight' is missing") !=
          std::string::npos);
    CHECK(save([](Stored& s) { s[3].name = "model.\"x"; }).find("model.\\\"x") !=
          std::string::npos);
    CHECK(save([](Stored& s) {
              std::swap(s[1].shape[0], s[1].shape[1]);
          }).find("has shape [6, 16]; config.json asks for [16, 6]") != std::string::npos);
    CHECK(save([](Stored& s) { s.back().dtype = "I32"; }).find("dtype I32") != std::string::npos);
    // A tied model may repeat its head.
    CHECK(save([](Stored& s) {
              s.push_back(s[0]);
              s.back().name = "lm_head.weight";
          }).empty());
}

TEST_CASE("a damaged directory is an error that names the file", "[pretrained]") {
    const TemporaryDirectory scratch;
    const auto config = small_model();
    const auto weights = random_weights(config);
    CHECK(load_problem(scratch.path / "none") ==
          "cannot open " + (scratch.path / "none" / "config.json").string() +
              ": No such file or directory");
    gppo::save_pretrained(scratch.path, config, weights, {}, {.max_shard_bytes = 900});
    const fs::path index = scratch.path / "model.safetensors.index.json";
    const std::string sound = gppo::read_file(index);
    for (const char* text :
         {"", "{}", R"({"weight_map": 3})", R"({"weight_map": {"a": "../x"}})",
          R"({"weight_map": {"a": "/etc/passwd"}})", R"({"weight_map": {"a": ".."}})",
          R"({"weight_map": {"a": 3}})", R"({"weight_map": {"a": ""}})"}) {
        gppo::write_file(index, text);
        CHECK(load_problem(scratch.path).rfind(index.string(), 0) == 0);
    }
    auto json = nlohmann::json::parse(sound);
    json["weight_map"]["extra"] =
        "model-00001-of-" + sound.substr(sound.find("-of-") + 4, 5) + ".safetensors";
    gppo::write_file(index, json.dump());
    CHECK(load_problem(scratch.path).find("tensor \"extra\" is missing") != std::string::npos);

    gppo::write_file(index, sound);
    REQUIRE(load_problem(scratch.path).empty());
    for (const auto& entry : fs::directory_iterator(scratch.path))
        if (entry.path().filename().string().rfind("model-00002", 0) == 0) {
            const std::string whole = gppo::read_file(entry.path());
            gppo::write_file(entry.path(), whole.substr(0, whole.size() - 1));
            CHECK(load_problem(scratch.path).rfind(entry.path().string() + ": truncated", 0) == 0);
            fs::remove(entry.path());
            CHECK(load_problem(scratch.path).find(entry.path().string() + ": No such file") !=
                  std::string::npos);
        }
}
