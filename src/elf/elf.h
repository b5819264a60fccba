/* SPDX-License-Identifier: MIT */
/* Reader for eBPF's ELF objects: 64-bit, little-endian, ET_REL, EM_BPF. Every offset, size and
 * index of a hostile file is checked before it is used; nothing is copied, so the bytes outlive the
 * reader. */
#pragma once

#include "base/compiler.h"
#include "base/error.h"

struct arena;

enum {
	ELF_SHT_NULL = 0,
	ELF_SHT_PROGBITS = 1,
	ELF_SHT_SYMTAB = 2,
	ELF_SHT_STRTAB = 3,
	ELF_SHT_RELA = 4,
	ELF_SHT_NOBITS = 8,
	ELF_SHT_REL = 9,
	ELF_SHF_WRITE = 1,
	ELF_SHF_ALLOC = 2,
	ELF_SHF_EXECINSTR = 4,
	ELF_STT_NOTYPE = 0,
	ELF_STT_OBJECT = 1,
	ELF_STT_FUNC = 2,
	ELF_STT_SECTION = 3,
	ELF_STB_LOCAL = 0,
	ELF_STB_GLOBAL = 1,
	ELF_STB_WEAK = 2,
	ELF_SHN_UNDEF = 0,
	ELF_SHN_ABS = 0xfff1,
	ELF_SHN_COMMON = 0xfff2,
};

struct elf_section {
	const char *name; /* terminated, inside the file; "" when unnamed */
	u32 type;	  /* SHT */
	u64 flags;	  /* SHF */
	const u8 *data;	  /* NULL for NOBITS and for a section whose extent is bad (bad is set) */
	u64 size;
	u32 link, info;
	u64 entsize, addralign;
	const char *bad; /* why the contents cannot be used; NULL when they can. An error only for
			    who needs them. */
	/* The REL and RELA sections that patch this one: the first, and, in such a section, the
	 * next one of the same target. 0: none. */
	u32 first_reloc, next_reloc;
};

struct elf_symbol {
	const char *name;
	u64 value, size;
	u32 section;   /* index, or ELF_SHN_UNDEF, _ABS, _COMMON */
	u8 type, bind; /* STT, STB */
};

struct elf_reloc {
	u64 offset; /* in the section that it patches */
	u32 symbol; /* index */
	u32 type;
	s64 addend; /* 0 for SHT_REL: the addend is in place */
};

struct elf {
	const u8 *bytes;
	size_t len;
	struct elf_section *sections; /* [0] is the null section */
	u32 section_count;
	struct elf_symbol *symbols; /* [0] is the null symbol; none when there is no symbol table */
	u32 symbol_count;
	u32 symtab; /* section index of the symbol table, 0: none */
};

/* Reads headers, section table and symbol table into arena. ERR_NOEXEC names the structure and its
 * offset. A defect in a section's own contents is left in elf_section.bad. Sizes and symbol values
 * are as the file has them: that of a NOBITS section may be anything. */
int elf_open(const u8 *bytes, size_t len, struct arena *arena, struct elf *ret_elf,
	     struct error *err) MUST_CHECK;

/* First section of that name; 0 when there is none. */
u32 elf_section_by_name(const struct elf *elf, const char *name);

/* The relocations of section idx (from all REL and RELA sections that target it), sorted by offset
 * (those of one offset stay in file order), in arena. Symbol indices are checked, and that the
 * offset lies inside the section. *ret_count 0 when there are none. All sections together cost time
 * and memory linear in the file, times log n where a file is not sorted. */
int elf_relocs(const struct elf *elf, u32 idx, struct arena *arena, struct elf_reloc **ret_relocs,
	       u32 *ret_count, struct error *err) MUST_CHECK;
