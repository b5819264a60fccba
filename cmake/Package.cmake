# SPDX-License-Identifier: MIT
# What `cpack` makes of what is installed: a .deb on Linux, a .zip on Windows.
set(ORIEL_PACKAGE_CONTACT "The Oriel authors" CACHE STRING "Who answers for the package: Name <address>")

set(CPACK_PACKAGE_NAME oriel)
set(CPACK_PACKAGE_VENDOR "The Oriel authors")
set(CPACK_PACKAGE_CONTACT "${ORIEL_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "look into eBPF object files and run the programs in them")
set(CPACK_PACKAGE_DESCRIPTION
"Oriel reads object files that clang built for BPF, in the dialects of
eBPF for Windows and of Linux: it shows what is in them and runs their
programs in an interpreter, without privileges.
.
The package holds the commands, a C library with its headers, headers to
compile eBPF programs with, and files that let CMake and pkg-config find
all of them.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

if(WIN32)
  set(CPACK_GENERATOR ZIP)
else()
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION devel)
  set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS clang)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, pkg-config")
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE amd64)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
  endif()
  # What the packages of programs that link the library need; and that the linker's list of libraries is to be made again.
  set(control ${CMAKE_BINARY_DIR}/package/deb)
  file(CONFIGURE OUTPUT ${control}/shlibs CONTENT
    "liboriel ${PROJECT_VERSION_MAJOR} oriel (>= ${PROJECT_VERSION})\n")
  file(CONFIGURE OUTPUT ${control}/triggers CONTENT "activate-noawait ldconfig\n")
  set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${control}/shlibs;${control}/triggers")
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  # dpkg-shlibdeps (package dpkg-dev) finds the versions that are needed, of this machine's libraries only.
  find_program(ORIEL_SHLIBDEPS dpkg-shlibdeps)
  mark_as_advanced(ORIEL_SHLIBDEPS)
  if(ORIEL_SHLIBDEPS AND NOT CMAKE_CROSSCOMPILING)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  else()
    set(CPACK_DEBIAN_PACKAGE_DEPENDS libc6)
  endif()
endif()
include(CPack)
