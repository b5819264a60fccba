# SPDX-License-Identifier: MIT
oriel_unit_test(NAME spec MODULES spec os SOURCES unit/spec.c)
oriel_unit_test(NAME isa_decode MODULES isa SOURCES unit/isa_decode.c)
oriel_unit_test(NAME elf MODULES elf os SOURCES unit/elf.c unit/elf_builder.c)
oriel_unit_test(NAME sort MODULES base os SOURCES unit/sort.c)
oriel_unit_test(NAME map_model MODULES map SOURCES unit/map_model.c)
oriel_unit_test(NAME map_def MODULES map SOURCES unit/map_def.c)
oriel_unit_test(NAME object_corpus MODULES object SOURCES unit/object_corpus.c)
set_tests_properties(unit/object_corpus PROPERTIES
  ENVIRONMENT "ORIEL_TEST_DATA=${ORIEL_TEST_DATA};TAP_NO_SWEEP=1")
