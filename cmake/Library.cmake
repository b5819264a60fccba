# SPDX-License-Identifier: MIT
# oriel_library(MAP liboriel.map MODULES base os ...): makes the module api the library for other projects, in two forms with
# the same names in them: those that MAP lists, and no others.
#
#   oriel-shared   liboriel.so.0, or oriel.dll with its import library
#   oriel-static   liboriel.a: one relocatable object in which all else has become local, so that an embedder's own
#                  functions may have any names
#
# Those who link them include from ORIEL_PUBLIC_INCLUDE, which has the library's headers and not those for eBPF programs.
set(ORIEL_PUBLIC_INCLUDE ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${ORIEL_PUBLIC_INCLUDE})
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include/oriel ${ORIEL_PUBLIC_INCLUDE}/oriel SYMBOLIC)
# What programs that take in the static library need besides, for CMake and for pkg-config.
set(ORIEL_STATIC_NEEDS "")
set(ORIEL_PC_STATIC_NEEDS "")
if(WIN32)
  set(ORIEL_STATIC_NEEDS bcrypt advapi32)
  set(ORIEL_PC_STATIC_NEEDS -lbcrypt -ladvapi32)
endif()
set(ORIEL_STATIC_LIBRARY ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/liboriel.a)

function(oriel_library)
  cmake_parse_arguments(L "" "MAP" "MODULES" ${ARGN})
  set(map ${CMAKE_CURRENT_SOURCE_DIR}/${L_MAP})
  set(names ${CMAKE_BINARY_DIR}/liboriel.names)
  set(def ${CMAKE_BINARY_DIR}/oriel.def)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${map})
  file(STRINGS ${map} exported REGEX "^\toriel_[a-z0-9_]+;$")
  list(TRANSFORM exported REPLACE "^\t(.*);?$" "\\1")
  string(REPLACE ";" "\n" exported "${exported}")
  file(CONFIGURE OUTPUT ${names} CONTENT "${exported}\n")
  file(CONFIGURE OUTPUT ${def} CONTENT "LIBRARY oriel.dll\nEXPORTS\n${exported}\n")

  add_library(oriel-shared SHARED $<TARGET_OBJECTS:oriel_api>)
  set_target_properties(oriel-shared PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME oriel EXPORT_NAME oriel
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(oriel-shared INTERFACE
    $<BUILD_INTERFACE:${ORIEL_PUBLIC_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  foreach(module ${L_MODULES})
    target_link_libraries(oriel-shared PRIVATE oriel_${module})
  endforeach()
  if(WIN32)
    set_target_properties(oriel-shared PROPERTIES PREFIX "" IMPORT_PREFIX "lib")
    target_sources(oriel-shared PRIVATE ${def})
  else()
    target_link_options(oriel-shared PRIVATE -Wl,--version-script=${map})
    if(NOT ORIEL_SANITIZE AND NOT ORIEL_FUZZ) # the sanitizers' functions are the program's
      target_link_options(oriel-shared PRIVATE -Wl,-z,defs)
    endif()
    set_property(TARGET oriel-shared APPEND PROPERTY LINK_DEPENDS ${map})
  endif()

  list(TRANSFORM L_MODULES REPLACE "(.+)" "$<TARGET_FILE:oriel_\\1>" OUTPUT_VARIABLE archives)
  list(TRANSFORM L_MODULES PREPEND "oriel_" OUTPUT_VARIABLE targets)
  set(object ${CMAKE_BINARY_DIR}/lib/oriel${CMAKE_C_OUTPUT_EXTENSION})
  add_custom_command(OUTPUT ${ORIEL_STATIC_LIBRARY}
    COMMAND ${CMAKE_LINKER} -r -o ${object} $<TARGET_OBJECTS:oriel_api> --start-group ${archives} --end-group
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${names} ${object}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${ORIEL_STATIC_LIBRARY}
    COMMAND ${CMAKE_AR} qcs ${ORIEL_STATIC_LIBRARY} ${object}
    COMMAND ${CMAKE_COMMAND} -E rm ${object}
    DEPENDS oriel_api ${targets} $<TARGET_OBJECTS:oriel_api> ${names}
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking C static library lib/liboriel.a")
  add_custom_target(oriel-static-file ALL DEPENDS ${ORIEL_STATIC_LIBRARY})
  add_library(oriel-static STATIC IMPORTED GLOBAL)
  set_target_properties(oriel-static PROPERTIES IMPORTED_LOCATION ${ORIEL_STATIC_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ORIEL_PUBLIC_INCLUDE})
  add_dependencies(oriel-static oriel-static-file)
  set_property(TARGET oriel-static PROPERTY INTERFACE_LINK_LIBRARIES ${ORIEL_STATIC_NEEDS})
endfunction()
