# SPDX-License-Identifier: MIT
oriel_unit_test(NAME spec MODULES spec os SOURCES unit/spec.c)
oriel_unit_test(NAME isa_decode MODULES isa SOURCES unit/isa_decode.c)
