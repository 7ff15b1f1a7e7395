// SPDX-License-Identifier: Apache-2.0
#include "torch_engine.hpp"

#include <gppo/core/error.hpp>

#include <dlfcn.h>
#include <filesystem>
#include <string>

MakeModel* load_torch_engine(int threads) {
    namespace fs = std::filesystem;
    const fs::path path =
        fs::read_symlink("/proc/self/exe").parent_path() / "libgppo_torch_engine.so";
    gppo::expects(fs::exists(path), [&] {
        return "run.backend torch: " + path.string() +
               " was not built: configure with LibTorch 2.11 or later in CMAKE_PREFIX_PATH (pip "
               "install torch) and build again";
    });
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed
    gppo::expects(library != nullptr, [] {
        return std::string("run.backend torch: ") + ::dlerror() +
               ": is LibTorch still where it was when gppo was built?";
    });
    const auto make =
        reinterpret_cast<decltype(&gppo_torch_engine)>(::dlsym(library, "gppo_torch_engine"));
    gppo::expects(make != nullptr,
                  [&] { return path.string() + " is of another version: build gppo again"; });
    return make(threads);
}
