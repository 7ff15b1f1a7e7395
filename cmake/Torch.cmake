# SPDX-License-Identifier: Apache-2.0
# gppo::torch adds LibTorch: its headers, libraries and, where Torch asks for it, the flag of its C++ ABI, all of
# which come with the target `torch`. Looked for in CMAKE_PREFIX_PATH and in the Python that runs the oracle tests.
set(GPPO_TORCH_HINT "")
if(GPPO_PYTHON)
  # torch.utils.cmake_prefix_path, without the seconds that `import torch` takes
  execute_process(COMMAND ${GPPO_PYTHON} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0] + '/share/cmake')"
                  OUTPUT_VARIABLE GPPO_TORCH_HINT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
set(level ${CMAKE_MESSAGE_LOG_LEVEL})
set(CMAKE_MESSAGE_LOG_LEVEL ERROR)  # it warns about libraries that only static builds of Torch have
find_package(Torch 2.11 QUIET PATHS ${GPPO_TORCH_HINT})
set(CMAKE_MESSAGE_LOG_LEVEL ${level})
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
