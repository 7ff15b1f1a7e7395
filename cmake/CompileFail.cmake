# SPDX-License-Identifier: Apache-2.0
# A file that must not compile, for the reason in its "// expect: <regex>" line, and that does compile
# with -DPASSING_TWIN: otherwise it could be failing for any reason. Run as
#   cmake -DCOMPILER=g++ -DINCLUDE=include -DFILE=x.cpp -P cmake/CompileFail.cmake
file(STRINGS ${FILE} expect REGEX "^// expect: " LIMIT_COUNT 1)
if(NOT expect)
  message(FATAL_ERROR "${FILE}: no line '// expect: <regex>'")
endif()
string(REGEX REPLACE "^// expect: " "" expect "${expect}")
set(command ${COMPILER} -std=c++20 -fsyntax-only -I ${INCLUDE} ${FILE})

execute_process(COMMAND ${command} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed EQUAL 0)
  message(FATAL_ERROR "${FILE} compiles but must not")
endif()
if(NOT output MATCHES "${expect}")
  message(FATAL_ERROR "${FILE} does not say '${expect}':\n${output}")
endif()
execute_process(COMMAND ${command} -DPASSING_TWIN RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT failed EQUAL 0)
  message(FATAL_ERROR "${FILE}: the passing twin does not compile:\n${output}")
endif()
