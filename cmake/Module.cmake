# SPDX-License-Identifier: MIT
# oriel_module(NAME isa DEPENDS base SOURCES a.c b.c [KERNEL_CLEAN])
#
# A folder of src/ as a static library. DEPENDS is the only list of what a module may include: it goes to the build folder
# for tools/check-layers, and only those modules are linked. KERNEL_CLEAN: builds freestanding too, frames up to 1 KiB; its
# sources go to the build folder for tools/kernel-clean.
set(ORIEL_LAYERS_FILE ${CMAKE_BINARY_DIR}/layers.txt)
set(ORIEL_KERNEL_CLEAN_FILE ${CMAKE_BINARY_DIR}/kernel_clean.txt)
file(WRITE ${ORIEL_LAYERS_FILE} "")
file(WRITE ${ORIEL_KERNEL_CLEAN_FILE} "")

function(oriel_module)
  cmake_parse_arguments(M "KERNEL_CLEAN" "NAME" "DEPENDS;SOURCES" ${ARGN})
  add_library(oriel_${M_NAME} STATIC ${M_SOURCES})
  target_include_directories(oriel_${M_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  set_target_properties(oriel_${M_NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON) # they become liboriel
  foreach(dep ${M_DEPENDS})
    target_link_libraries(oriel_${M_NAME} PUBLIC oriel_${dep})
  endforeach()
  if(M_KERNEL_CLEAN)
    if(NOT ORIEL_SANITIZE) # red zones make frames larger
      target_compile_options(oriel_${M_NAME} PRIVATE -Wframe-larger-than=1024)
    endif()
    foreach(source ${M_SOURCES})
      file(APPEND ${ORIEL_KERNEL_CLEAN_FILE} "src/${M_NAME}/${source}\n")
    endforeach()
  endif()
  string(JOIN " " depends ${M_DEPENDS})
  set(mark "")
  if(M_KERNEL_CLEAN)
    set(mark "kernel-clean ")
  endif()
  file(APPEND ${ORIEL_LAYERS_FILE} "${mark}${M_NAME}: ${depends}\n")
endfunction()
