# SPDX-License-Identifier: MIT
# A line a target. Its seeds are in corpus/NAME/: small files of our own.
oriel_fuzz_target(NAME elf MODULES elf os)
oriel_fuzz_target(NAME btf MODULES btf os)
oriel_fuzz_target(NAME decode MODULES isa)
oriel_fuzz_target(NAME asm MODULES isa)
oriel_fuzz_target(NAME object MODULES object)
if(NOT ORIEL_PRODUCTION)
  oriel_fuzz_target(NAME interp MODULES interp isa os)
  target_sources(fuzz_interp PRIVATE ${CMAKE_SOURCE_DIR}/test/unit/interp_ref.c)
  target_include_directories(fuzz_interp PRIVATE ${CMAKE_SOURCE_DIR}/test/unit)
endif()
oriel_fuzz_target(NAME core MODULES btf os)
oriel_fuzz_target(NAME kconfig MODULES object)
