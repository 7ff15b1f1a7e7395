// SPDX-License-Identifier: Apache-2.0
//
// Moments in safetensors as they are kept: under the names of the weights they belong to, F32, BF16
// or, of int8, I8 and U8 with F32 scales of the blocks (gppo/train/moments.hpp).
#pragma once

#include "engine.hpp"

#include <gppo/model/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

struct MomentPart {
    const char *prefix, *dtype;
};

inline MomentPart moment_part(gppo::MomentStorage storage, std::size_t part) {
    constexpr const char* prefixes[] = {"exp_avg.", "exp_avg_sq.", "exp_avg_scale.",
                                        "exp_avg_sq_scale."};
    const char* const number = storage == gppo::MomentStorage::fp32   ? "F32"
                               : storage == gppo::MomentStorage::bf16 ? "BF16"
                               : part == 0                            ? "I8"
                                                                      : "U8";
    return {prefixes[part], part < 2 ? number : "F32"};
}

inline std::size_t moment_parts_of(gppo::MomentStorage storage) {
    return storage == gppo::MomentStorage::int8 ? 4 : 2;
}

/// One part; it borrows the moments.
inline std::vector<gppo::StoredTensor> stored_moments(const std::vector<gppo::TensorInfo>& tensors,
                                                      const Moments& moments, std::size_t part) {
    const auto [prefix, dtype] = moment_part(moments.storage(), part);
    const gppo::View<const char> all = moments.part(part);
    std::vector<gppo::StoredTensor> stored;
    Index at = 0;
    for (const gppo::TensorInfo& t : tensors) {
        const Index blocks = gppo::moment_blocks(t);
        const Index size = part < 2 ? t.size() * moment_width(moments.storage()) : 4 * blocks;
        stored.push_back({prefix + t.name,
                          dtype,
                          part < 2 ? t.shape : std::vector<Index>{blocks},
                          {all.data + at, static_cast<std::size_t>(size)}});
        at += size;
    }
    return stored;
}

/// Reads what stored_moments() made. `where` is the file.
inline void read_moments(std::span<const gppo::StoredTensor> stored,
                         const std::vector<gppo::TensorInfo>& tensors, Moments& moments,
                         std::size_t part, const std::string& where) {
    const auto expected = stored_moments(tensors, moments, part);
    char* to = moments.part(part).data;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const gppo::StoredTensor &found = stored[i], &wanted = expected[i];
        gppo::expects(found.name == wanted.name && found.shape == wanted.shape &&
                          found.dtype == wanted.dtype && found.bytes.size() == wanted.bytes.size(),
                      [&] {
                          return where + ": expected " + wanted.name + ", found " + found.name +
                                 " of another shape or type";
                      });
        to = std::copy(found.bytes.begin(), found.bytes.end(), to);
    }
}

/// Throws where the moments in a file are kept in another way than this run's.
inline void expects_storage(std::span<const gppo::StoredTensor> stored,
                            const MomentOptions& options, const std::string& where) {
    const auto of = [](const std::string& dtype) {
        return std::string(dtype == "F32" ? "fp32" : dtype == "BF16" ? "bf16" : "int8");
    };
    const std::string now = of(moment_part(options.storage, 0).dtype);
    for (const gppo::StoredTensor& t : stored)
        gppo::expects(!t.name.starts_with("exp_avg.") || of(t.dtype) == now, [&] {
            return options.key + " is \"" + now + "\", but the moments in " + where + " are " +
                   of(t.dtype) +
                   ": set it back, choose another run.dir, or pass --overwrite to start over";
        });
}
