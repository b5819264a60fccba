# SPDX-License-Identifier: MIT
# The SDK's headers: each program of this folder with each BPF compiler that is there.
add_executable(sdk_check sdk/check.c)
target_link_libraries(sdk_check PRIVATE oriel_elf oriel_spec oriel_os oriel_base)

add_executable(sdk_host sdk/host.c)
target_include_directories(sdk_host BEFORE PRIVATE ${CMAKE_SOURCE_DIR}/include)
add_test(NAME sdk/host COMMAND sdk_host)

set(run ${CMAKE_CURRENT_SOURCE_DIR}/sdk/run)
file(GLOB programs CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/sdk/*.c)
list(FILTER programs INCLUDE REGEX "/(lnx|win|ids|layout)_")
foreach(compiler clang-14 clang-19 bpf-gcc)
  find_program(ORIEL_SDK_${compiler} ${compiler})
  if(NOT ORIEL_SDK_${compiler})
    add_test(NAME sdk/${compiler} COMMAND ${CMAKE_COMMAND} -E echo "no ${compiler}: skipped")
    set_tests_properties(sdk/${compiler} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped")
    continue()
  endif()
  foreach(program ${programs})
    get_filename_component(name ${program} NAME_WE)
    string(REGEX MATCH "linux|lnx" linux ${name})
    set(dialect windows)
    if(linux)
      set(dialect linux)
    endif()
    add_test(NAME sdk/${compiler}/${name}
      COMMAND ${run} $<TARGET_FILE:sdk_check> ${ORIEL_SDK_${compiler}} ${program} ${dialect})
    set_tests_properties(sdk/${compiler}/${name} PROPERTIES SKIP_RETURN_CODE 77)
  endforeach()
  foreach(name both_lnx_first both_win_first)
    add_test(NAME sdk/${compiler}/${name} COMMAND ${run} - ${ORIEL_SDK_${compiler}}
      ${CMAKE_CURRENT_SOURCE_DIR}/sdk/${name}.c refused "headers of both dialects in one program")
  endforeach()
  add_test(NAME sdk/${compiler}/machine COMMAND ${run} - ${ORIEL_SDK_${compiler}}
    ${CMAKE_CURRENT_SOURCE_DIR}/sdk/machine.c refused "this machine passes it on the stack")
endforeach()
