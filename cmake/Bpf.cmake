# SPDX-License-Identifier: MIT
# oriel_bpf_object(OUT source.c [INCLUDE dir...] [FLAGS flag...]): compiles an eBPF program to build/bpf/NAME.o and puts that path
# into OUT. ORIEL_BPF_CLANG is empty where no clang has the bpf target: callers go without.
foreach(name clang-14 clang clang-19 clang-18 clang-17 clang-16 clang-15)
  if(NOT ORIEL_BPF_CLANG)
    unset(program)
    find_program(program ${name} NO_CACHE)
    if(program)
      execute_process(COMMAND ${program} -target bpf -c -x c /dev/null -o ${CMAKE_BINARY_DIR}/bpf-clang-check.o
                      RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
      if(result EQUAL 0)
        set(ORIEL_BPF_CLANG ${program} CACHE FILEPATH "clang that compiles eBPF programs")
      endif()
    endif()
  endif()
endforeach()

function(oriel_bpf_object OUT SOURCE)
  cmake_parse_arguments(B "" "" "INCLUDE;FLAGS" ${ARGN})
  get_filename_component(name ${SOURCE} NAME_WE)
  get_filename_component(source ${SOURCE} ABSOLUTE)
  set(object ${CMAKE_BINARY_DIR}/bpf/${name}.o)
  set(headers "")
  set(includes "")
  foreach(dir ${B_INCLUDE})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${dir}/*.h)
    list(APPEND headers ${found})
    list(APPEND includes -I ${dir})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bpf)
  add_custom_command(OUTPUT ${object}
    COMMAND ${ORIEL_BPF_CLANG} -target bpf -O2 -Wall -Wextra -Werror ${includes} ${B_FLAGS} -c ${source} -o ${object}
    DEPENDS ${source} ${headers})
  set(${OUT} ${object} PARENT_SCOPE)
endfunction()
