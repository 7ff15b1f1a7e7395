# SPDX-License-Identifier: Apache-2.0
# A check that cannot fail is no check: each tree here breaks one rule and must be refused for it.
set(head "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n")
file(REMOVE_RECURSE ${WORK})

# refused(<check> <must say> <header> <content> [<other header> <content>]...)
function(refused check must_say)
  string(MD5 tree "${ARGN}")
  set(tree ${WORK}/${tree})
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest name content)
    file(WRITE ${tree}/gppo/${name} "${head}${content}\n")
  endwhile()
  file(MAKE_DIRECTORY ${tree}/tests)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${tree}/gppo -DTESTS=${tree}/tests -P ${CHECKS}/${check}.cmake
                  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake wraps its messages
  if(status EQUAL 0)
    message(SEND_ERROR "${check} accepts a tree that must be refused: ${must_say}")
  elseif(NOT output MATCHES "${must_say}")
    message(SEND_ERROR "${check} does not say '${must_say}' but: ${output}")
  endif()
endfunction()

refused(CheckLayers "core/a.hpp .layer 0. must not include train/b.hpp .layer 7."
        core/a.hpp "#include <gppo/train/b.hpp>" train/b.hpp "")
refused(CheckLayers "clip/a.hpp .layer 2. must not include kl/b.hpp .layer 2."
        clip/a.hpp "#include <gppo/kl/b.hpp>" kl/b.hpp "")
refused(CheckLayers "backend/cpu/a.hpp .layer 4. must not include backend/cuda/b.hpp .layer 4."
        backend/cpu/a.hpp "#include <gppo/backend/cuda/b.hpp>" backend/cuda/b.hpp "")
refused(CheckLayers "kernel/a.hpp .layer 3. must not include objective.hpp .layer 3."
        kernel/a.hpp "#  include <gppo/objective.hpp>" objective.hpp "")
refused(CheckLayers "clip/a.hpp .layer 2. uses the standard library only, not Eigen/Core"
        clip/a.hpp "#include <Eigen/Core>")
refused(CheckLayers "objective.hpp .layer 3. uses the standard library only, not nlohmann/json.hpp"
        objective.hpp "#include <nlohmann/json.hpp>")
refused(CheckLayers "objective.hpp .layer 3. must not include preset/a.hpp .layer 4."
        objective.hpp "#include <gppo/preset/a.hpp>" preset/a.hpp "")
refused(CheckLayers "gppo.hpp needs the standard library only and must not include backend/a.hpp"
        gppo.hpp "#include <gppo/backend/a.hpp>" backend/a.hpp "")
refused(CheckLayers "utils/a.hpp: the folder has no layer" utils/a.hpp "")
refused(CheckLayers "clip/a.hpp must include .b.hpp. as" clip/a.hpp "#include \"b.hpp\"" clip/b.hpp "")
refused(CheckLayers "includes core/gone.hpp, which does not exist" clip/a.hpp "#include <gppo/core/gone.hpp>")

refused(CheckHeaders "core/a.hpp defines a macro: #define GPPO_INLINE" core/a.hpp "#define GPPO_INLINE inline")
refused(CheckHeaders "core/a.hpp has no test tests/core/a.test.cpp" core/a.hpp "")
string(REPEAT "// a line\n" 300 long)
refused(CheckHeaders "core/a.hpp has 303 lines, at most 300" core/a.hpp "${long}")

# A header over its budget: even one that is empty costs more than nothing.
file(WRITE ${WORK}/budget/gppo/gppo.hpp "${head}")
file(WRITE ${WORK}/budget.txt "gppo/gppo.hpp 0.0\n")
execute_process(COMMAND ${CMAKE_COMMAND} -DCOMPILER=${COMPILER} -DINCLUDE=${WORK}/budget -DBUDGET=${WORK}/budget.txt
                        -DWORK=${WORK}/budget -P ${CHECKS}/IncludeBudget.cmake
                RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0 OR NOT output MATCHES "its budget is 0 ms")
  message(SEND_ERROR "IncludeBudget accepts a header over its budget: ${output}")
endif()
