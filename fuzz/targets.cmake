# SPDX-License-Identifier: MIT
# A line a target. Its seeds are in corpus/NAME/: small files of our own.
oriel_fuzz_target(NAME elf MODULES elf os)
oriel_fuzz_target(NAME btf MODULES btf os)
oriel_fuzz_target(NAME decode MODULES isa)
oriel_fuzz_target(NAME asm MODULES isa)
oriel_fuzz_target(NAME object MODULES object)
