# SPDX-License-Identifier: MIT
# oriel_system_test(NAME cli SCRIPT cli.sh [ARGS a b]): a shell script with TAP output that runs the programs.
function(oriel_system_test)
  cmake_parse_arguments(T "" "NAME;SCRIPT" "ARGS" ${ARGN})
  string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
  add_test(NAME system/${T_NAME} COMMAND sh ${CMAKE_SOURCE_DIR}/test/system/${T_SCRIPT} ${T_ARGS})
  set_tests_properties(system/${T_NAME} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
    "ORIEL_SOURCE=${CMAKE_SOURCE_DIR};ORIEL_BUILD=${CMAKE_BINARY_DIR};ORIEL_EXE=${CMAKE_EXECUTABLE_SUFFIX};ORIEL_EMULATOR=${emulator};ORIEL_PRODUCTION=${ORIEL_PRODUCTION};ORIEL_CLANG=${ORIEL_BPF_CLANG}")
endfunction()

add_executable(vectors tool/vectors.c)
target_link_libraries(vectors PRIVATE oriel_isa oriel_os)
add_executable(negatives tool/negatives.c)
target_link_libraries(negatives PRIVATE oriel_isa oriel_os)
target_include_directories(negatives PRIVATE unit)
add_executable(info-hash tool/info_hash.c)
target_link_libraries(info-hash PRIVATE oriel_spec oriel_os)

oriel_system_test(NAME cli SCRIPT cli.sh)
oriel_system_test(NAME cc SCRIPT cc.sh)
oriel_system_test(NAME samples SCRIPT samples.sh)
oriel_system_test(NAME objects SCRIPT objects.sh)
oriel_system_test(NAME spec SCRIPT spec.sh)
oriel_system_test(NAME man SCRIPT man.sh)
oriel_system_test(NAME vectors SCRIPT vectors.sh ARGS ${CMAKE_SOURCE_DIR}/test/cases/isa)
oriel_system_test(NAME info-hash SCRIPT info_hash.sh)
oriel_system_test(NAME negatives SCRIPT negatives.sh)
oriel_system_test(NAME vectors-generated SCRIPT vectors.sh ARGS --generated)
oriel_system_test(NAME conformance SCRIPT vectors.sh ARGS "${ORIEL_TEST_DATA}/conformance")
if(NOT CMAKE_CROSSCOMPILING)
  oriel_system_test(NAME install SCRIPT install.sh
    ARGS ${CMAKE_COMMAND} ${CMAKE_CPACK_COMMAND} ${CMAKE_GENERATOR} ${CMAKE_MAKE_PROGRAM})
endif()

if(ORIEL_BPF_CLANG)
  oriel_unit_test(NAME samples MODULES elf os SOURCES unit/samples.c)
  target_compile_definitions(unit_samples PRIVATE SAMPLES="${CMAKE_BINARY_DIR}/samples")
  add_dependencies(unit_samples samples)
endif()
