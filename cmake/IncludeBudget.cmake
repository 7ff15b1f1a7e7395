# SPDX-License-Identifier: Apache-2.0
# Every program that uses the library pays for its headers each time it is compiled, so they have a budget:
# processor time, which other processes disturb less than the clock. Run as:
#   cmake -DCOMPILER=g++ -DINCLUDE=include -DBUDGET=cmake/include_budget.txt -DWORK=dir -P cmake/IncludeBudget.cmake
file(MAKE_DIRECTORY ${WORK})
find_program(bash bash)
if(NOT bash)
  message(STATUS "skipped: no bash, whose `time` measures the compiler")
  return()
endif()
file(STRINGS ${BUDGET} lines REGEX "^[^#]")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^([^ ]+) +([0-9]+)\\.([0-9])$")
    message(FATAL_ERROR "${BUDGET}: a line is a header and seconds with one decimal, not '${line}'")
  endif()
  set(header ${CMAKE_MATCH_1})
  math(EXPR most "${CMAKE_MATCH_2} * 1000 + ${CMAKE_MATCH_3} * 100")
  file(WRITE ${WORK}/include.cpp "#include <${header}>\n")
  set(best 999999)
  foreach(run RANGE 1 3)
    execute_process(COMMAND ${bash} -c "TIMEFORMAT='cpu %3U %3S'; time \"$@\"" bash
                            ${COMPILER} -std=c++20 -O0 -I ${INCLUDE} -c ${WORK}/include.cpp -o ${WORK}/include.o
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "${header} does not compile:\n${output}")
    endif()
    # "cpu 0.451 0.062": the digits without the dot are milliseconds, a 1 in front keeps the zeros from being octal
    string(REGEX MATCH "cpu ([0-9]+)[.,]([0-9][0-9][0-9]) ([0-9]+)[.,]([0-9][0-9][0-9])" found "${output}")
    math(EXPR spent "(${CMAKE_MATCH_1} + ${CMAKE_MATCH_3}) * 1000 + 1${CMAKE_MATCH_2} + 1${CMAKE_MATCH_4} - 2000")
    if(spent LESS best)
      set(best ${spent})
    endif()
  endforeach()
  if(best GREATER most)
    message(SEND_ERROR "including ${header} takes ${best} ms of processor time, its budget is ${most} ms: "
                       "see with -H or -ftime-report which header it is")
  else()
    message(STATUS "include budget: ${header} takes ${best} of ${most} ms")
  endif()
endforeach()
