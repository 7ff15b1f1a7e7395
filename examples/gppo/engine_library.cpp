// SPDX-License-Identifier: Apache-2.0
//
// The libraries of other backends, which lie beside the binary where they were built.
#include "cuda_engine.hpp"
#include "torch_engine.hpp"

#include <gppo/core/error.hpp>

#include <dlfcn.h>
#include <filesystem>
#include <string>

namespace {

/// A backend's library, and what to do where it is not there or cannot be loaded.
struct EngineLibrary {
    std::string backend, not_built, not_loaded;

    /// One of its functions, as a pointer of type F.
    template <class F>
    F load(const std::string& function) const {
        namespace fs = std::filesystem;
        const fs::path path = fs::read_symlink("/proc/self/exe").parent_path() /
                              ("libgppo_" + backend + "_engine.so");
        gppo::expects(fs::exists(path), [&] {
            return "run.backend " + backend + ": " + path.string() + " was not built: " + not_built;
        });
        void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed
        gppo::expects(library != nullptr, [&] {
            return "run.backend " + backend + ": " + ::dlerror() + ": " + not_loaded;
        });
        const auto made = reinterpret_cast<F>(::dlsym(library, function.c_str()));
        gppo::expects(made != nullptr,
                      [&] { return path.string() + " is of another version: build gppo again"; });
        return made;
    }
};

const EngineLibrary cuda_library{
    "cuda",
    "configure where CMake finds nvcc 12.8 or later and cuBLASLt (of the CUDA toolkit, or pip "
    "install --target build/cublas nvidia-cublas) and build again",
    "is cuBLAS still where it was when gppo was built?"};

}  // namespace

MakeModel* load_torch_engine(int threads) {
    const EngineLibrary library{
        "torch",
        "configure with LibTorch 2.11 or later in CMAKE_PREFIX_PATH (pip install torch) and build "
        "again",
        "is LibTorch still where it was when gppo was built?"};
    return library.load<decltype(&gppo_torch_engine)>("gppo_torch_engine")(threads);
}

MakeModel* load_cuda_engine(gppo::Precision precision) {
    return cuda_library.load<decltype(&gppo_cuda_engine)>("gppo_cuda_engine")(precision);
}

gppo::Index cuda_memory() {
    return cuda_library.load<decltype(&gppo_cuda_memory)>("gppo_cuda_memory")();
}

void limit_cuda_memory(gppo::Index bytes) {
    cuda_library.load<decltype(&gppo_cuda_limit)>("gppo_cuda_limit")(bytes);
}
