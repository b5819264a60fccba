# SPDX-License-Identifier: MIT
# The oracle: programs that verify, run against what was proven of them.
include(${CMAKE_CURRENT_LIST_DIR}/sources.cmake)
add_executable(oriel-oracle ${CMAKE_SOURCE_DIR}/test/oracle/main.c ${CMAKE_SOURCE_DIR}/test/oracle/corpus.c ${CMAKE_SOURCE_DIR}/test/oracle/table.c ${ORIEL_ORACLE_SOURCES})
target_include_directories(oriel-oracle PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/test/unit ${CMAKE_SOURCE_DIR}/test/oracle)
target_link_libraries(oriel-oracle PRIVATE oriel_verify oriel_object oriel_os)
add_test(NAME oracle/random COMMAND oriel-oracle --seed 1 --programs 500 --runs 10)
add_test(NAME oracle/findings COMMAND oriel-oracle --findings --seed 1 --programs 800 --runs 1 --forged 2 --each 1)
set_tests_properties(oracle/random oracle/findings PROPERTIES ENVIRONMENT "${ORIEL_TEST_ENVIRONMENT}")
if(ORIEL_TEST_DATA)
  add_test(NAME oracle/corpus COMMAND oriel-oracle --corpus ${ORIEL_TEST_DATA}/corpus/expected.csv --runs 5)
endif()
