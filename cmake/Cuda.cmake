# SPDX-License-Identifier: Apache-2.0
# gppo::cuda adds the CUDA runtime for gppo/cuda.hpp. Tests are built for one generation of GPUs unless
# CMAKE_CUDA_ARCHITECTURES says otherwise (the preset `cuda` takes three); no GPU is needed to build.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90-real)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit 12.8 QUIET)
endif()
if(CMAKE_CUDA_COMPILER AND CUDAToolkit_FOUND)
  add_library(gppo_cuda INTERFACE)
  add_library(gppo::cuda ALIAS gppo_cuda)
  target_link_libraries(gppo_cuda INTERFACE gppo CUDA::cudart_static)
  # Warnings of the device's compiler are errors where ours are; the host's compiler sees what nvcc has made of the code.
  function(gppo_cuda_binary target)
    target_link_libraries(${target} PRIVATE gppo_cuda)
    # CMake before 3.26 does not know that nvcc has C++20.
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-Xcompiler=-Wall>")
    if(GPPO_WERROR)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
    endif()
  endfunction()
elseif(PROJECT_IS_TOP_LEVEL)
  message(STATUS "gppo: nvcc 12.8 or later not found, the CUDA tests are left out")
endif()
