/* SPDX-License-Identifier: MIT */
/* Sizes of the structures in an ELF64 file. */
#pragma once

enum {
	ELF_HEADER_SIZE = 64,
	ELF_SECTION_SIZE = 64,
	ELF_SYMBOL_SIZE = 24,
	ELF_REL_SIZE = 16,
	ELF_RELA_SIZE = 24,
};
