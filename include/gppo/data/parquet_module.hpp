// SPDX-License-Identifier: Apache-2.0
//
// Parquet files, by a library of their own that is loaded when the first of them is met: it needs
// Apache Arrow, the program that loads it does not, and starts without. The library is the file
// that GPPO_PARQUET_MODULE in the environment names, or gppo_parquet.so beside the program.
#pragma once

#include <gppo/core/error.hpp>

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace gppo {

class ByteSource;

/// What the library gives. Its functions throw Error.
struct ParquetModule {
    int version;  ///< of this struct
    /// The rows as JSON lines, one row group after the other. The caller deletes it.
    ByteSource* (*open)(const char* path);
    /// A Parquet file made of a file of JSON lines, in pieces for `write`. It is read twice.
    void (*write)(const char* json_lines, const std::function<void(std::string_view)>& write);
};
inline constexpr int parquet_module_version = 1;

/// Where the library is expected.
inline std::filesystem::path parquet_module_path() {
    if (const char* given = std::getenv("GPPO_PARQUET_MODULE")) return given;
    std::error_code none;
    return std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / "gppo_parquet.so";
}

/// Loads the library with the first call. Throws Error: `what`, e.g. "cannot read x.parquet", what
/// is missing and what to do.
inline const ParquetModule& parquet_module(const std::string& what) {
    static const ParquetModule* loaded = nullptr;
    if (loaded != nullptr) return *loaded;
    const std::filesystem::path path = parquet_module_path();
    expects(std::filesystem::exists(path), [&] {
        return what +
               ": it needs Apache Arrow, which this build lacks: pip install pyarrow, configure "
               "again with -DGPPO_PYTHON=/path/to/its/python and build; or use JSON lines";
    });
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    expects(library != nullptr, [&] {
        return what + ": cannot load " + path.string() + " (" + dlerror() +
               "); put Arrow back where it was, or configure and build again";
    });
    using Get = const ParquetModule* (*)();
    const auto get = reinterpret_cast<Get>(dlsym(library, "gppo_parquet_module"));
    const ParquetModule* const found = get == nullptr ? nullptr : get();
    expects(found != nullptr && found->version == parquet_module_version, [&] {
        return what + ": " + path.string() + " was not built with this program; build again";
    });
    return *(loaded = found);
}

}  // namespace gppo
