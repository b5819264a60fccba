# SPDX-License-Identifier: MIT
# What `cmake --install` and `cpack` put where. Everything can be moved after it is installed: the CMake package and the
# pkg-config files find the rest from where they are.
include(CMakePackageConfigHelpers)

# The SDK's headers stand in for stdint.h and its like where clang has the target bpf: a folder of their own keeps them from
# every other compiler's path.
set(ORIEL_INSTALL_SDK ${CMAKE_INSTALL_DATADIR}/oriel/include)
set(ORIEL_INSTALL_CMAKE ${CMAKE_INSTALL_LIBDIR}/cmake/oriel)
set(ORIEL_INSTALL_PC ${CMAKE_INSTALL_LIBDIR}/pkgconfig) # of the library, which is the machine's; the SDK's is below share
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

install(DIRECTORY include/ DESTINATION ${ORIEL_INSTALL_SDK} FILES_MATCHING
  REGEX "/include/oriel/[^/]*\\.h$" EXCLUDE PATTERN "*.h")

# The library: its headers are those directly in include/oriel.
install(DIRECTORY include/oriel DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN bpf EXCLUDE)
install(TARGETS oriel-shared EXPORT orielTargets)
install(FILES ${ORIEL_STATIC_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT orielTargets NAMESPACE oriel:: DESTINATION ${ORIEL_INSTALL_CMAKE})

if(WIN32)
  install(PROGRAMS tools/windows/Convert-BpfToNative.ps1 TYPE BIN)
endif()
if(NOT WIN32)
  install(FILES tools/gdb/oriel.gdb DESTINATION ${CMAKE_INSTALL_DATADIR}/oriel)
endif()
install(DIRECTORY samples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.[ch]" PATTERN "README.md"
  PATTERN "samples/CMakeLists.txt" EXCLUDE PATTERN "CMakeLists.txt")
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN man EXCLUDE)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The CMake package and pkg-config's file.
configure_package_config_file(cmake/package/orielConfig.cmake.in ${CMAKE_BINARY_DIR}/package/orielConfig.cmake
  INSTALL_DESTINATION ${ORIEL_INSTALL_CMAKE}
  PATH_VARS ORIEL_INSTALL_SDK CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/orielConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
configure_file(cmake/package/oriel-sdk.pc.in ${CMAKE_BINARY_DIR}/package/oriel-sdk.pc @ONLY)
file(RELATIVE_PATH ORIEL_PC_LIBDIR ${CMAKE_INSTALL_PREFIX}/${ORIEL_INSTALL_PC} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH ORIEL_PC_INCLUDEDIR ${CMAKE_INSTALL_PREFIX}/${ORIEL_INSTALL_PC} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/package/oriel.pc.in ${CMAKE_BINARY_DIR}/package/oriel.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/orielConfig.cmake ${CMAKE_BINARY_DIR}/package/orielConfigVersion.cmake
  cmake/package/OrielProgram.cmake cmake/package/OrielExtension.cmake DESTINATION ${ORIEL_INSTALL_CMAKE})
install(FILES ${CMAKE_BINARY_DIR}/package/oriel-sdk.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/package/oriel.pc DESTINATION ${ORIEL_INSTALL_PC})

if(NOT WIN32)
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.1)
  if(ORIEL_PRODUCTION) # its program is not built
    list(FILTER pages EXCLUDE REGEX "/oriel-plugin\\.1$")
  endif()
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES docs/man/liboriel.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
  # Debian's name for the licence.
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
endif()

# The program writes its completions itself, so it has to run here.
if(NOT WIN32 AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
  set(completions "")
  foreach(shell bash fish)
    set(file ${CMAKE_BINARY_DIR}/package/oriel.${shell})
    add_custom_command(OUTPUT ${file} COMMAND oriel completion ${shell} > ${file} DEPENDS oriel)
    list(APPEND completions ${file})
  endforeach()
  add_custom_target(completions ALL DEPENDS ${completions})
  install(FILES ${CMAKE_BINARY_DIR}/package/oriel.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME oriel)
  install(FILES ${CMAKE_BINARY_DIR}/package/oriel.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
