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
  # Products come from cuBLASLt, the toolkit's or that of a wheel in GPPO_CUBLAS (`./dev build cuda` puts one there). Without
  # it the objectives are there and the model is not.
  set(GPPO_CUBLAS ${PROJECT_SOURCE_DIR}/build/cublas CACHE PATH "Where pip install --target put nvidia-cublas, if the toolkit has none")
  find_path(GPPO_CUBLAS_INCLUDE cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ${GPPO_CUBLAS}/nvidia/cu13/include)
  find_library(GPPO_CUBLAS_LIBRARY NAMES cublasLt libcublasLt.so.13 HINTS ${CUDAToolkit_LIBRARY_DIR} ${GPPO_CUBLAS}/nvidia/cu13/lib)
  if(GPPO_CUBLAS_INCLUDE AND GPPO_CUBLAS_LIBRARY)
    set(GPPO_CUDA_MODEL ON)
    target_include_directories(gppo_cuda SYSTEM INTERFACE ${GPPO_CUBLAS_INCLUDE})
    target_link_libraries(gppo_cuda INTERFACE ${GPPO_CUBLAS_LIBRARY})
  elseif(PROJECT_IS_TOP_LEVEL)
    message(STATUS "gppo: cuBLASLt not found, the model on CUDA is left out")
  endif()
  # Attention in bf16 comes from cuDNN, with its front end's headers and the NVRTC that it compiles with, of wheels in
  # GPPO_CUDNN. Without it attention goes in rows.
  set(GPPO_CUDNN ${PROJECT_SOURCE_DIR}/build/cudnn CACHE PATH "Where pip install --target put nvidia-cudnn-cu13, -frontend and nvidia-cuda-nvrtc")
  find_path(GPPO_CUDNN_INCLUDE cudnn.h HINTS ${GPPO_CUDNN}/nvidia/cudnn/include)
  find_path(GPPO_CUDNN_FRONTEND cudnn_frontend.h HINTS ${GPPO_CUDNN}/include ${GPPO_CARRIED})
  find_library(GPPO_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 HINTS ${GPPO_CUDNN}/nvidia/cudnn/lib)
  find_library(GPPO_NVRTC_LIBRARY NAMES libnvrtc.so.13 HINTS ${GPPO_CUDNN}/nvidia/cu13/lib ${CUDAToolkit_LIBRARY_DIR})
  if(GPPO_CUDA_MODEL AND GPPO_CUDNN_INCLUDE AND GPPO_CUDNN_FRONTEND AND GPPO_CUDNN_LIBRARY AND GPPO_NVRTC_LIBRARY)
    add_library(gppo_cudnn INTERFACE)
    target_include_directories(gppo_cudnn SYSTEM INTERFACE ${GPPO_CUDNN_FRONTEND} ${GPPO_CUDNN_INCLUDE})
    target_compile_definitions(gppo_cudnn INTERFACE CUDNN_FRONTEND_SKIP_JSON_LIB)
    # cuDNN opens NVRTC and cuBLASLt by name when it needs them: both are loaded before, from where they lie.
    target_link_libraries(gppo_cudnn INTERFACE ${GPPO_CUDNN_LIBRARY} -Wl,--no-as-needed ${GPPO_NVRTC_LIBRARY} ${GPPO_CUBLAS_LIBRARY} -Wl,--as-needed)
  elseif(GPPO_CUDA_MODEL AND PROJECT_IS_TOP_LEVEL)
    message(STATUS "gppo: cuDNN not found, attention on CUDA goes in rows")
  endif()
  # Several ranks' GPUs reach each other by NCCL, the system's or that of a wheel in GPPO_NCCL; without it their gradients go
  # through the processor's memory.
  set(GPPO_NCCL ${PROJECT_SOURCE_DIR}/build/nccl CACHE PATH "Where pip install --target put nvidia-nccl-cu13, if the system has none")
  set(beside_torch ${GPPO_TORCH_ROOT}/../nvidia/nccl)  # pip installs it with LibTorch
  find_path(GPPO_NCCL_INCLUDE nccl.h HINTS ${GPPO_NCCL}/nvidia/nccl/include ${beside_torch}/include ${CUDAToolkit_INCLUDE_DIRS})
  find_library(GPPO_NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS ${GPPO_NCCL}/nvidia/nccl/lib ${beside_torch}/lib ${CUDAToolkit_LIBRARY_DIR})
  if(GPPO_NCCL_INCLUDE AND GPPO_NCCL_LIBRARY)
    add_library(gppo_nccl INTERFACE)
    target_include_directories(gppo_nccl SYSTEM INTERFACE ${GPPO_NCCL_INCLUDE})
    target_link_libraries(gppo_nccl INTERFACE gppo_cuda ${GPPO_NCCL_LIBRARY})
    target_compile_definitions(gppo_nccl INTERFACE GPPO_NCCL=1)
    get_filename_component(place ${GPPO_NCCL_LIBRARY} DIRECTORY)
    target_link_options(gppo_nccl INTERFACE -Wl,-rpath,${place})  # also where CMake sets none, beside LibTorch
  elseif(PROJECT_IS_TOP_LEVEL)
    message(STATUS "gppo: NCCL not found, gradients of several ranks on GPUs go through the processor's memory")
  endif()
  # Warnings of the device's compiler are errors where ours are; the host's compiler sees what nvcc has made of the code.
  function(gppo_cuda_binary target)
    target_link_libraries(${target} PRIVATE gppo_cuda $<TARGET_NAME_IF_EXISTS:gppo_cudnn>)
    # CMake before 3.26 does not know that nvcc has C++20.
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-Xcompiler=-Wall>")
    if(GPPO_WERROR)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
    endif()
  endfunction()
elseif(PROJECT_IS_TOP_LEVEL)
  message(STATUS "gppo: nvcc 12.8 or later not found, the CUDA tests are left out")
endif()
