# SPDX-License-Identifier: MIT
# The oracle: programs that verify, run against what was proven of them.
set(ORIEL_ORACLE_SOURCES choice.c claim.c concrete.c contract.c machine.c oracle.c trace.c)
list(TRANSFORM ORIEL_ORACLE_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/test/oracle/)
list(APPEND ORIEL_ORACLE_SOURCES ${CMAKE_SOURCE_DIR}/test/unit/interp_ref.c)
add_executable(oriel-oracle ${CMAKE_SOURCE_DIR}/test/oracle/main.c ${ORIEL_ORACLE_SOURCES} ${CMAKE_SOURCE_DIR}/fuzz/program.c)
target_include_directories(oriel-oracle PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/test/unit ${CMAKE_SOURCE_DIR}/test/oracle ${CMAKE_SOURCE_DIR}/fuzz)
target_link_libraries(oriel-oracle PRIVATE oriel_verify oriel_os)
add_test(NAME oracle/random COMMAND oriel-oracle --seed 1 --programs 1500 --runs 10)
set_tests_properties(oracle/random PROPERTIES ENVIRONMENT "${ORIEL_TEST_ENVIRONMENT}")
