# SPDX-License-Identifier: MIT
oriel_unit_test(NAME spec MODULES spec os SOURCES unit/spec.c)
