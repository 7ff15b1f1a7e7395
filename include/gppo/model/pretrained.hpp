// SPDX-License-Identifier: Apache-2.0
//
// A Hugging Face model directory: config.json, generation_config.json, model.safetensors or shards
// with an index, and whatever files come with the tokenizer. transformers, vLLM and SGLang load
// what is saved here. Weights that are missing, misshapen, unknown, NaN or infinite are refused by
// name.
#pragma once

#include <gppo/backend/stored_view.hpp>
#include <gppo/core/error.hpp>
#include <gppo/core/file.hpp>
#include <gppo/core/mapped_file.hpp>
#include <gppo/model/config_json.hpp>
#include <gppo/model/parameters.hpp>
#include <gppo/model/read_tensor.hpp>
#include <gppo/model/safetensors.hpp>
#include <gppo/model/stored_tensor.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gppo {

/// A model in memory: the weights lie as qwen3_tensors(config) says.
struct Pretrained {
    Qwen3Config config;
    std::vector<float> weights;
};

/// The shards an index names, each with the tensors it must hold.
inline std::map<std::string, std::set<std::string>> parse_shard_index(std::string_view text,
                                                                      const std::string& where) {
    const nlohmann::json index = json_object(text, where);
    expects(index.contains("weight_map") && index["weight_map"].is_object(),
            [&] { return where + ": no \"weight_map\" object"; });
    std::map<std::string, std::set<std::string>> shards;
    for (const auto& [tensor, file] : index["weight_map"].items()) {
        const std::filesystem::path name = file.is_string() ? file.get<std::string>() : "";
        if (name.empty() || name != name.filename() || name == ".." || name == ".")
            throw Error(where + ": " + json_quoted(tensor) + " is mapped to " +
                        JsonFields::text(file) + ", which is not a file name");
        shards[name.string()].insert(tensor);
    }
    return shards;
}

/// Copies one stored tensor to its place among the weights and ticks it off in `missing`.
inline void place_tensor(const StoredTensor& stored,
                         std::map<std::string, const TensorInfo*>& missing,
                         StoredView<float> weights /* (count) */, const std::string& where) {
    const auto found = missing.find(stored.name);
    if (found == missing.end()) {
        // A tied model may repeat the head; old files carry the RoPE frequencies.
        if (stored.name == "lm_head.weight" || stored.name.ends_with("rotary_emb.inv_freq")) return;
        throw Error(where + ": tensor " + json_quoted(stored.name) +
                    " is not part of the model that config.json describes, or is there twice");
    }
    const TensorInfo& tensor = *found->second;
    expects(stored.shape == tensor.shape, [&] {
        return where + ": tensor '" + tensor.name + "' has shape " + shape_text(stored.shape) +
               "; config.json asks for " + shape_text(tensor.shape);
    });
    read_tensor(stored, tensor, weights, where);
    missing.erase(found);
}

/// Fills `weights` from model.safetensors or, without it, from the shards of the index.
inline void load_weights(const std::filesystem::path& directory, const Qwen3Config& config,
                         StoredView<float> weights /* (count) */) {
    const std::vector<TensorInfo> tensors = qwen3_tensors(config);
    std::map<std::string, const TensorInfo*> missing;
    for (const TensorInfo& tensor : tensors) missing[tensor.name] = &tensor;

    const std::filesystem::path index = directory / "model.safetensors.index.json";
    std::map<std::string, std::set<std::string>> shards = {{"model.safetensors", {}}};
    std::error_code code;
    if (!std::filesystem::exists(directory / "model.safetensors", code) &&
        std::filesystem::exists(index, code))
        shards = parse_shard_index(read_file(index), index.string());
    for (auto& [name, expected] : shards) {
        const std::string where = (directory / name).string();
        const MappedFile file(where);
        for (const StoredTensor& stored : parse_safetensors(file.bytes(), where)) {
            place_tensor(stored, missing, weights, where);
            expected.erase(stored.name);
        }
        if (!expected.empty())
            throw Error(where + ": tensor " + json_quoted(*expected.begin()) +
                        " is missing, though " + index.filename().string() + " lists it here");
    }
    if (!missing.empty())
        throw Error(directory.string() + ": tensor '" + missing.begin()->first + "' is missing (" +
                    std::to_string(missing.size()) + " of " + std::to_string(tensors.size()) +
                    " are)");
}

inline Qwen3Config load_config(const std::filesystem::path& directory) {
    const std::filesystem::path path = directory / "config.json";
    return qwen3_config_from_json(read_file(path), path.string());
}

inline Pretrained load_pretrained(const std::filesystem::path& directory) {
    Pretrained model{.config = load_config(directory), .weights = {}};
    model.weights.resize(static_cast<std::size_t>(qwen3_layout(model.config).count));
    load_weights(directory, model.config, StoredView<float>(model.weights));
    return model;
}

/// How weights are written.
struct SaveOptions {
    std::string dtype{};  ///< "F32", "BF16" or "F16"; as they are kept, F32 or BF16
    Index max_shard_bytes =
        5'000'000'000;  ///< files larger than this are split, as transformers does
};

/// The dtype that needs no other bytes than those of the weights.
inline std::string kept_dtype(StoredView<const float> weights) {
    return weights.kept == Precision::bf16 ? "BF16" : "F32";
}

/// The values in the dtype's bytes; empty where it needs no other bytes than their own.
inline std::string converted_bytes(StoredView<const float> kept, const std::string& dtype) {
    if (dtype == kept_dtype(kept)) return {};
    if (kept.kept == Precision::bf16) {
        std::vector<float> wide(static_cast<std::size_t>(kept.size));
        copy_stored(kept, wide);
        const std::string bytes = converted_bytes(View<const float>(wide), dtype);
        return bytes.empty() ? std::string(bytes_of(View<const float>(wide))) : bytes;
    }
    const View<const float> values = kept.floats();
    if (dtype == "BF16") return half_bytes(values, float_to_bf16);
    if (dtype == "F16") {
        expects(
            std::all_of(values.begin(), values.end(),
                        [](float v) { return !(std::abs(v) >= 65520.0f); }),
            "a weight is too large for F16, whose largest number is 65504; save as BF16 or F32");
        return half_bytes(values, float_to_f16);
    }
    throw Error("cannot save weights as " + dtype + "; use F32, BF16 or F16");
}

/// One safetensors file of tensors that are neighbours in the flat buffer. It borrows the weights
/// where it holds them as they are kept.
inline File weights_file(std::string name, std::span<const TensorInfo> tensors,
                         StoredView<const float> weights /* (count) */, const std::string& dtype) {
    const Index first = tensors.front().offset;
    const StoredView<const float> values =
        weights.slice(first, tensors.back().offset + tensors.back().size() - first);
    const std::string converted = converted_bytes(values, dtype);
    const View<const char> own = values.bytes();
    const std::string_view bytes =
        !converted.empty() ? std::string_view(converted)
                           : std::string_view(own.data, static_cast<std::size_t>(own.size));
    const Index width = dtype == "F32" ? 4 : 2;
    std::vector<StoredTensor> stored;
    for (const TensorInfo& tensor : tensors)
        stored.push_back({tensor.name, dtype, tensor.shape,
                          bytes.substr(static_cast<std::size_t>(width * (tensor.offset - first)),
                                       static_cast<std::size_t>(width * tensor.size()))});
    File file = safetensors_file(std::move(name), stored);
    if (!converted.empty()) file.head += std::exchange(file.tail, {});  // it ends here
    return file;
}

/// model.safetensors, or model-0000i-of-0000n.safetensors and their index.
inline std::vector<File> weights_files(const Qwen3Config& config,
                                       StoredView<const float> weights /* (count) */,
                                       const SaveOptions& options = {}) {
    const std::vector<TensorInfo> tensors = qwen3_tensors(config);
    const std::string dtype = options.dtype.empty() ? kept_dtype(weights) : options.dtype;
    const Index width = dtype == "F32" ? 4 : 2;
    std::vector<std::span<const TensorInfo>> shards;
    for (std::size_t begin = 0, end = 0; begin < tensors.size(); begin = end) {
        Index bytes = 0;
        do bytes += width * tensors[end++].size();
        while (end < tensors.size() &&
               bytes + width * tensors[end].size() <= options.max_shard_bytes);
        shards.push_back(std::span(tensors).subspan(begin, end - begin));
    }
    if (shards.size() == 1) return {weights_file("model.safetensors", tensors, weights, dtype)};
    const auto digits = [](std::size_t n) {
        const std::string text = std::to_string(n);
        return std::string(5 - std::min<std::size_t>(5, text.size()), '0') + text;
    };
    std::vector<File> files;
    nlohmann::ordered_json map;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::string name =
            "model-" + digits(i + 1) + "-of-" + digits(shards.size()) + ".safetensors";
        files.push_back(weights_file(name, shards[i], weights, dtype));
        for (const TensorInfo& tensor : shards[i]) map[tensor.name] = name;
    }
    const nlohmann::ordered_json index = {
        {"metadata", {{"total_parameters", weights.size}, {"total_size", width * weights.size}}},
        {"weight_map", map}};
    files.push_back({.name = "model.safetensors.index.json", .head = index.dump(2) + "\n"});
    return files;
}

/// The text of a generation_config.json with Qwen3's sampling. Completions end at any token of
/// `end`.
inline std::string generation_config_json(const Qwen3Config& config, std::vector<Index> end = {}) {
    if (end.empty() && config.eos_token_id) end.push_back(*config.eos_token_id);
    nlohmann::ordered_json json;
    if (config.bos_token_id) json["bos_token_id"] = *config.bos_token_id;
    json["do_sample"] = true;
    if (!end.empty()) json["eos_token_id"] = end;
    if (config.pad_token_id) json["pad_token_id"] = *config.pad_token_id;
    json["temperature"] = 0.6;
    json["top_k"] = 20;
    json["top_p"] = 0.95;
    return json.dump(2) + "\n";
}

/// The tokens that end a completion: those of generation_config.json, which may name several, else
/// that of config.json; none where neither says. In order, each once.
inline std::vector<Index> load_end_tokens(const std::filesystem::path& directory) {
    std::vector<Index> end;
    const auto add = [&](const nlohmann::json& id) {
        if (id.is_number_unsigned() && id.get<std::uint64_t>() < (std::uint64_t{1} << 31) &&
            std::find(end.begin(), end.end(), id.get<Index>()) == end.end())
            end.push_back(id.get<Index>());
    };
    for (const char* name : {"generation_config.json", "config.json"}) {
        std::error_code code;
        if (!std::filesystem::exists(directory / name, code)) continue;
        const std::filesystem::path path = directory / name;
        const nlohmann::json json = json_object(read_file(path), path.string());
        const auto found = json.find("eos_token_id");
        if (found == json.end()) continue;
        if (found->is_array())
            std::for_each(found->begin(), found->end(), add);
        else
            add(*found);
        if (!end.empty()) break;
    }
    return end;
}

/// Everything a directory that transformers loads must hold, e.g. to put it into a checkpoint.
/// `extra` (the tokenizer's files) is added; a file of the same name replaces the one made here.
/// The files borrow `weights`.
inline std::vector<File> pretrained_files(const Qwen3Config& config,
                                          StoredView<const float> weights /* (count) */,
                                          std::vector<File> extra = {},
                                          const SaveOptions& options = {}) {
    const Index count = qwen3_layout(config).count;
    expects(weights.size == count, [&] {
        return "the model has " + std::to_string(count) + " weights, not " +
               std::to_string(weights.size);
    });
    std::vector<File> files = weights_files(config, weights, options);
    const std::string dtype = options.dtype.empty() ? kept_dtype(weights) : options.dtype;
    files.push_back({.name = "config.json",
                     .head = qwen3_config_to_json(config, dtype == "BF16"  ? "bfloat16"
                                                          : dtype == "F16" ? "float16"
                                                                           : "float32")});
    files.push_back({.name = "generation_config.json", .head = generation_config_json(config)});
    for (File& file : extra) {
        std::erase_if(files, [&](const File& made) { return made.name == file.name; });
        files.push_back(std::move(file));
    }
    return files;
}

/// Writes the directory, each file whole or not at all.
inline void save_pretrained(const std::filesystem::path& directory, const Qwen3Config& config,
                            StoredView<const float> weights /* (count) */,
                            std::vector<File> extra = {}, const SaveOptions& options = {}) {
    make_directories(directory);
    const std::vector<File> files = pretrained_files(config, weights, std::move(extra), options);
    for (const File& file : files) write_file(directory, file);
    // Weights of another layout left from an earlier save would be found first, or beside these.
    const bool sharded = files.front().name != "model.safetensors";
    std::error_code ignored;
    std::filesystem::remove(
        directory / (sharded ? "model.safetensors" : "model.safetensors.index.json"), ignored);
}

}  // namespace gppo
