# SPDX-License-Identifier: MIT
# oriel_add_extension(NAME file.c...)
#
# A target NAME, a shared library NAME.so that `oriel run --extension` loads: see oriel/extension.h, whose folder it has by the
# target oriel::extension. To install it where `--extension NAME` finds it:
#
#     install(TARGETS NAME DESTINATION "${oriel_EXTENSIONS_DIR}")
function(oriel_add_extension NAME)
  if(NOT ARGN)
    message(FATAL_ERROR "oriel_add_extension(${NAME}): no sources")
  endif()
  add_library(${NAME} MODULE ${ARGN})
  target_link_libraries(${NAME} PRIVATE oriel::extension)
  set_target_properties(${NAME} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
endfunction()
