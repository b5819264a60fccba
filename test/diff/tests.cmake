# SPDX-License-Identifier: MIT
# Engines against each other on random programs.
if(NOT WIN32 AND NOT ORIEL_PRODUCTION)
  add_executable(oriel-native-diff ${CMAKE_SOURCE_DIR}/test/diff/native_diff.c ${CMAKE_SOURCE_DIR}/test/diff/calls.c
    ${ORIEL_ORACLE_SOURCES})
  target_include_directories(oriel-native-diff PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/test/unit
    ${CMAKE_SOURCE_DIR}/test/oracle ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(oriel-native-diff PRIVATE oriel_translate oriel_verify oriel_runtime oriel_os ${CMAKE_DL_LIBS})
  target_compile_definitions(oriel-native-diff PRIVATE TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endif()
