// SPDX-License-Identifier: Apache-2.0
//
// A directory with adapters as PEFT reads and writes it: adapter_config.json and
// adapter_model.safetensors, the tensors under PEFT's names. PeftModel.from_pretrained loads what
// is saved here. Tensors that are missing, unknown, misshapen or not finite are refused by name.
#pragma once

#include <gppo/core/file.hpp>
#include <gppo/core/mapped_file.hpp>
#include <gppo/model/lora.hpp>
#include <gppo/model/lora_config.hpp>
#include <gppo/model/pretrained.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gppo {

inline LoraConfig load_adapter_config(const std::filesystem::path& directory) {
    const std::filesystem::path path = directory / "adapter_config.json";
    return lora_config_from_json(read_file(path), path.string());
}

/// Fills the named tensors of one flat buffer from a safetensors file that holds these and no
/// others but for those whose names start with `prefix_of_others`.
inline void load_tensors(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                         View<float> values, const std::string& prefix_of_others = "") {
    const MappedFile file(path);
    const std::string where = path.string();
    std::map<std::string, const TensorInfo*> missing;
    for (const TensorInfo& t : tensors) missing[t.name] = &t;
    for (const StoredTensor& stored : parse_safetensors(file.bytes(), where)) {
        if (!prefix_of_others.empty() && stored.name.starts_with(prefix_of_others)) continue;
        const auto found = missing.find(stored.name);
        expects(found != missing.end(), [&] {
            return where + ": tensor " + json_quoted(stored.name) +
                   " belongs to no layer that is adapted, or is there twice";
        });
        const TensorInfo& t = *found->second;
        expects(stored.shape == t.shape, [&] {
            return where + ": tensor '" + t.name + "' has shape " + shape_text(stored.shape) +
                   ", it should have " + shape_text(t.shape);
        });
        read_tensor(stored, t, values, where);
        missing.erase(found);
    }
    expects(missing.empty(), [&] {
        return where + ": tensor '" + missing.begin()->first + "' is missing (" +
               std::to_string(missing.size()) + " of " + std::to_string(tensors.size()) + " are)";
    });
}

/// Stored tensors of a flat buffer, under their names with `prefix` before them. They borrow it.
inline std::vector<StoredTensor> stored_tensors(const std::vector<TensorInfo>& tensors,
                                                View<const float> values,
                                                const std::string& prefix = "") {
    std::vector<StoredTensor> stored;
    stored.reserve(tensors.size());
    for (const TensorInfo& t : tensors)
        stored.push_back(
            {prefix + t.name, "F32", t.shape, bytes_of(values.slice(t.offset, t.size()))});
    return stored;
}

/// The two files. They borrow `adapters`.
inline std::vector<File> adapter_files(const LoraLayout& layout, const LoraConfig& config,
                                       View<const float> adapters /* (count) */) {
    return {safetensors_file("adapter_model.safetensors", stored_tensors(layout.tensors, adapters)),
            {.name = "adapter_config.json", .head = lora_config_to_json(config)}};
}

/// Fills `adapters` from a directory; its config must be the one that `layout` was made from.
inline void load_adapters(const std::filesystem::path& directory, const LoraLayout& layout,
                          View<float> adapters /* (count) */) {
    load_tensors(directory / "adapter_model.safetensors", layout.tensors, adapters);
}

/// Writes the directory, each file whole or not at all.
inline void save_adapters(const std::filesystem::path& directory, const LoraLayout& layout,
                          const LoraConfig& config, View<const float> adapters /* (count) */) {
    make_directories(directory);
    for (const File& file : adapter_files(layout, config, adapters)) write_file(directory, file);
}

}  // namespace gppo
