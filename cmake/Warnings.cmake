# SPDX-License-Identifier: Apache-2.0
# What only our own binaries get: warnings, this machine's instructions, sanitizers. Never an exported target.
function(gppo_own_binary target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    # A loop that may be vectorised and is not (rope calls pow) is no defect.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    # False alarms inside std::string and std::vector at -O3 (GCC bugs 105651 and 107852).
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(GPPO_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(GPPO_NATIVE)
    target_compile_options(${target} PRIVATE -march=native)
  endif()
  if(GPPO_SANITIZE)
    # No recovery: the first finding ends the program, so a test cannot pass over it.
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PRIVATE ${flags})
  endif()
endfunction()
