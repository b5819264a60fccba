# SPDX-License-Identifier: MIT
# oriel_add_program(NAME file.c [DIALECT windows|linux] [OPTIONS option...] [VERIFY option...] [NO_VERIFY])
#
# A target NAME, part of `all`, that compiles file.c for BPF with Oriel's headers. The object file is NAME.o in the current
# binary folder, and $<TARGET_PROPERTY:NAME,ORIEL_OBJECT>. It is made again when the source or any header it includes changes.
#
# DIALECT leaves the dialect's mark in the object, which Oriel's headers do by themselves, and refuses headers of the other
# dialect. OPTIONS go to clang; paths in them have to be absolute. The variable ORIEL_CLANG chooses a clang.
#
# The programs in the object are verified: what is not proven safe fails the build, at the line of the source. VERIFY are
# options of `oriel verify`, such as --type or --policy; with NO_VERIFY the object is only compiled.
cmake_policy(VERSION 3.20...3.25)

# Puts a clang that has the bpf target into ORIEL_CLANG, or ends the configuration.
function(oriel_find_clang)
  if(ORIEL_CLANG AND ORIEL_CLANG STREQUAL ORIEL_CLANG_CHECKED)
    return()
  endif()
  set(names clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
  if(ORIEL_CLANG)
    set(names "${ORIEL_CLANG}")
  endif()
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/CMakeFiles")
  set(empty "${CMAKE_BINARY_DIR}/CMakeFiles/oriel_empty.c")
  file(WRITE "${empty}" "")
  foreach(name IN LISTS names)
    unset(program)
    find_program(program "${name}" NO_CACHE)
    if(program)
      execute_process(COMMAND "${program}" -target bpf -c "${empty}" -o "${empty}.o"
        RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
      if(result EQUAL 0)
        set(ORIEL_CLANG "${program}" CACHE FILEPATH "clang that compiles eBPF programs" FORCE)
        set(ORIEL_CLANG_CHECKED "${program}" CACHE INTERNAL "")
        return()
      endif()
    endif()
  endforeach()
  string(JOIN ", " tried ${names})
  message(FATAL_ERROR "oriel_add_program: no clang with the bpf target (tried ${tried}). Install the package clang "
    "(Debian and Ubuntu: apt-get install clang; Fedora: dnf install clang; Windows: winget install LLVM.LLVM), "
    "or set ORIEL_CLANG to one.")
endfunction()

function(oriel_add_program NAME SOURCE)
  cmake_parse_arguments(PARSE_ARGV 2 P "NO_VERIFY" "DIALECT" "OPTIONS;VERIFY")
  if(DEFINED P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "oriel_add_program(${NAME}): unknown arguments: ${P_UNPARSED_ARGUMENTS}")
  endif()
  if("DIALECT" IN_LIST P_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "oriel_add_program(${NAME}): DIALECT needs windows or linux")
  endif()
  get_property(include_dir GLOBAL PROPERTY ORIEL_INCLUDE_DIR)
  set(flags -target bpf -O2 -g -I "${include_dir}")
  if(DEFINED P_DIALECT)
    if(NOT P_DIALECT MATCHES "^(windows|linux)$")
      message(FATAL_ERROR "oriel_add_program(${NAME}): DIALECT is windows or linux, not '${P_DIALECT}'")
    endif()
    list(APPEND flags -include "${include_dir}/oriel/bpf/dialect_${P_DIALECT}.h")
  endif()
  oriel_find_clang()

  get_filename_component(source "${SOURCE}" ABSOLUTE)
  set(object "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.o")
  add_custom_command(OUTPUT "${object}"
    COMMAND "${ORIEL_CLANG}" ${flags} ${P_OPTIONS} -MD -MF "${object}.d" -MQ "${object}" -c "${source}" -o "${object}"
    DEPENDS "${source}" DEPFILE "${object}.d" COMMENT "Building BPF object ${NAME}.o" VERBATIM)
  set(result "${object}")
  if(NOT P_NO_VERIFY)
    get_property(oriel GLOBAL PROPERTY ORIEL_EXECUTABLE)
    # The object alone would count as made although its programs were refused.
    set(result "${object}.verified")
    add_custom_command(OUTPUT "${result}"
      COMMAND "${oriel}" verify --quiet ${P_VERIFY} "${object}"
      COMMAND "${CMAKE_COMMAND}" -E touch "${result}"
      DEPENDS "${object}" "${oriel}" COMMENT "Verifying BPF object ${NAME}.o" VERBATIM)
  endif()
  add_custom_target(${NAME} ALL DEPENDS "${object}" "${result}")
  set_target_properties(${NAME} PROPERTIES ORIEL_OBJECT "${object}")
endfunction()
