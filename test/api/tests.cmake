# SPDX-License-Identifier: MIT
# liboriel as others see it: the samples with each form of the library, and what of it is fixed.
set(embedded list_programs verify_programs count_binds)
if(NOT WIN32)
  list(APPEND embedded redirect_proxy)
endif()
foreach(form shared static)
  foreach(sample ${embedded})
    add_executable(${sample}_${form} ${CMAKE_SOURCE_DIR}/samples/embed/${sample}.c)
    target_link_libraries(${sample}_${form} PRIVATE oriel-${form})
  endforeach()
endforeach()
add_executable(api_layout api/layout.c)
target_include_directories(api_layout PRIVATE ${ORIEL_PUBLIC_INCLUDE})
oriel_system_test(NAME library SCRIPT library.sh
  ARGS ${CMAKE_NM} ${CMAKE_OBJDUMP} ${ORIEL_PUBLIC_INCLUDE} $<TARGET_FILE:oriel-shared> ${ORIEL_STATIC_LIBRARY})

find_program(ORIEL_PYTHON python3)
mark_as_advanced(ORIEL_PYTHON)
if(ORIEL_PYTHON AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME tree/api-page COMMAND ${ORIEL_PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen/api_page --check)
endif()
