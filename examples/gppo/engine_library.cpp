// SPDX-License-Identifier: Apache-2.0
//
// The libraries of other backends, which lie beside the binary where they were built.
#include "cuda_engine.hpp"
#include "far_ranks.hpp"
#include "launch.hpp"
#include "torch_cuda_engine.hpp"
#include "torch_engine.hpp"

#include <gppo/core/error.hpp>

#include <dlfcn.h>
#include <filesystem>
#include <string>

namespace {

/// A backend's library, and what to do where it is not there or cannot be loaded.
struct EngineLibrary {
    std::string name, asked, not_built, not_loaded;

    /// One of its functions, as a pointer of type F.
    template <class F>
    F load(const std::string& function) const {
        const std::filesystem::path path = path_of(name);
        gppo::expects(std::filesystem::exists(path), [&] {
            return asked + ": " + path.string() + " was not built: " + not_built;
        });
        void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed
        gppo::expects(library != nullptr,
                      [&] { return asked + ": " + ::dlerror() + ": " + not_loaded; });
        const auto made = reinterpret_cast<F>(::dlsym(library, function.c_str()));
        gppo::expects(made != nullptr,
                      [&] { return path.string() + " is of another version: build gppo again"; });
        return made;
    }

    /// What a library that is loaded already may export, too; null where it does not.
    static void* find(const std::string& name, const char* function) {
        void* const library = ::dlopen(path_of(name).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
        return library != nullptr ? ::dlsym(library, function) : nullptr;
    }
    static std::filesystem::path path_of(const std::string& name) {
        return std::filesystem::read_symlink("/proc/self/exe").parent_path() /
               ("libgppo_" + name + "_engine.so");
    }
};

const EngineLibrary cuda_library{
    "cuda", "run.backend cuda",
    "configure where CMake finds nvcc 12.8 or later and cuBLASLt (of the CUDA toolkit, or pip "
    "install --target build/cublas nvidia-cublas) and build again",
    "are cuBLAS and NCCL still where they were when gppo was built?"};

}  // namespace

MakeModel* load_torch_engine(int threads) {
    const EngineLibrary library{
        "torch", "run.backend torch",
        "configure with LibTorch 2.11 or later in CMAKE_PREFIX_PATH (pip install torch) and build "
        "again",
        "is LibTorch still where it was when gppo was built?"};
    return library.load<decltype(&gppo_torch_engine)>("gppo_torch_engine")(threads);
}

MakeModel* load_torch_cuda_engine(int threads) {
    const EngineLibrary library{
        "torch_cuda", "run.backend torch with run.device cuda",
        "gppo was built with a LibTorch without CUDA, or without nvcc; configure with one that has "
        "CUDA 13 (what pip install torch gives on Linux) in CMAKE_PREFIX_PATH where CMake finds "
        "nvcc 12.8 "
        "or later and build again, or take run.backend cuda, which needs no LibTorch",
        "are LibTorch and the CUDA libraries that pip installs with it still where they were?"};
    take_own_gpu();
    return library.load<decltype(&gppo_torch_cuda_engine)>("gppo_torch_cuda_engine")(threads);
}

MakeModel* load_cuda_engine(gppo::Precision precision) {
    take_own_gpu();
    return cuda_library.load<decltype(&gppo_cuda_engine)>("gppo_cuda_engine")(precision);
}

gppo::Index cuda_memory() {
    take_own_gpu();
    return cuda_library.load<decltype(&gppo_cuda_memory)>("gppo_cuda_memory")();
}

void limit_cuda_memory(gppo::Index bytes) {
    cuda_library.load<decltype(&gppo_cuda_limit)>("gppo_cuda_limit")(bytes);
}

JoinFarRanks* find_far_ranks(const std::string& backend) {
    const std::string name = backend == "torch" ? "torch_cuda" : backend;
    return reinterpret_cast<JoinFarRanks*>(EngineLibrary::find(name, "gppo_far_ranks"));
}
