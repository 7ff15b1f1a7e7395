# SPDX-License-Identifier: Apache-2.0
# gppo::torch adds LibTorch: its headers, libraries and, where Torch asks for it, the flag of its C++ ABI, all of
# which come with the target `torch`. Looked for in CMAKE_PREFIX_PATH and in the Python that runs the oracle tests.
set(GPPO_TORCH_HINT "")
if(GPPO_PYTHON)
  # torch.utils.cmake_prefix_path, without the seconds that `import torch` takes
  execute_process(COMMAND ${GPPO_PYTHON} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0] + '/share/cmake')"
                  OUTPUT_VARIABLE GPPO_TORCH_HINT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
# The package of a LibTorch with CUDA ends the whole configuration where not all of the toolkit that it was built with is
# installed (Caffe2Config.cmake). Of its libraries we need three, and of the toolkit the runtime's headers at most.
find_path(GPPO_TORCH_PACKAGE TorchConfig.cmake PATH_SUFFIXES Torch share/cmake/Torch HINTS ${GPPO_TORCH_HINT})
mark_as_advanced(GPPO_TORCH_PACKAGE)
get_filename_component(GPPO_TORCH_ROOT "${GPPO_TORCH_PACKAGE}/../../.." ABSOLUTE)
if(EXISTS ${GPPO_TORCH_ROOT}/lib/libtorch_cuda.so)
  set(PACKAGE_FIND_VERSION 2.11)
  include(${GPPO_TORCH_PACKAGE}/TorchConfigVersion.cmake)  # sets PACKAGE_VERSION_COMPATIBLE
  set(TORCH_FOUND ${PACKAGE_VERSION_COMPATIBLE})
  set(TORCH_INSTALL_PREFIX ${GPPO_TORCH_ROOT})
  add_library(torch INTERFACE IMPORTED)
  target_include_directories(torch INTERFACE ${GPPO_TORCH_ROOT}/include ${GPPO_TORCH_ROOT}/include/torch/csrc/api/include)
  # They find the toolkit's libraries, pip's or the system's, when they are loaded.
  target_link_libraries(torch INTERFACE ${GPPO_TORCH_ROOT}/lib/libtorch_cpu.so ${GPPO_TORCH_ROOT}/lib/libc10.so)
  target_link_options(torch INTERFACE -Wl,--allow-shlib-undefined)
  add_library(c10_cuda INTERFACE IMPORTED)
  target_link_libraries(c10_cuda INTERFACE torch ${GPPO_TORCH_ROOT}/lib/libc10_cuda.so)
else()
  set(level ${CMAKE_MESSAGE_LOG_LEVEL})
  set(CMAKE_MESSAGE_LOG_LEVEL ERROR)  # it warns about libraries that only static builds of Torch have
  find_package(Torch 2.11 QUIET PATHS ${GPPO_TORCH_HINT})
  set(CMAKE_MESSAGE_LOG_LEVEL ${level})
endif()
if(TORCH_FOUND)
  add_library(gppo_torch INTERFACE)
  add_library(gppo::torch ALIAS gppo_torch)
  set_target_properties(gppo_torch PROPERTIES EXPORT_NAME torch)
  target_link_libraries(gppo_torch INTERFACE gppo torch)
  # Torch brings its own libgomp, of the same name as the system's: one is loaded, and it may be Torch's. CMake would warn
  # that one hides the other.
  function(gppo_torch_binary target)
    set_target_properties(${target} PROPERTIES SKIP_BUILD_RPATH ON)
    target_link_options(${target} PRIVATE -Wl,-rpath,${TORCH_INSTALL_PREFIX}/lib)
  endfunction()
  if(OpenMP_CXX_FOUND)  # ATen's threads are OpenMP's, used from its headers
    target_link_libraries(gppo_torch INTERFACE OpenMP::OpenMP_CXX)
  endif()
elseif(PROJECT_IS_TOP_LEVEL)
  message(STATUS "gppo: LibTorch 2.11 or later not found (pip install torch), gppo::torch and its operators are left out")
endif()
