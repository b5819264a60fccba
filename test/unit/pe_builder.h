/* SPDX-License-Identifier: MIT */
/* A small native module as a DLL: headers, code, constants with imports and exports, tables, and
 * relocations. Tests change it before it is finished. */
#pragma once

#include "base/compiler.h"

enum {
	/* rvas, and where the section is in the file */
	PB_TEXT = 0x1000,
	PB_RDATA = 0x2000,
	PB_DATA = 0x4000,
	PB_RELOC = 0x5000,
	PB_SIZE = 0x6000,
	PB_TEXT_AT = 0x400,
	PB_RDATA_AT = 0x800,
	PB_DATA_AT = 0x1e00, /* the constants take more than a page */
	PB_RELOC_AT = 0x2200,
	PB_LEN = 0x2400,
	PB_DATA_SIZE = 0x400,
	PB_ROOM = PB_LEN + 0x400,
	/* offsets in the file */
	PB_PE = 0x80,
	PB_OPTIONAL = PB_PE + 24,
	PB_DIRS = PB_OPTIONAL + 112,
	PB_SECTIONS = PB_OPTIONAL + 240,
	/* rvas of what is in the sections */
	PB_IMPORTS = PB_RDATA,
	PB_IMPORT_NAMES = PB_RDATA + 0x40,
	PB_IMPORT_SLOTS = PB_RDATA + 0x50,
	PB_EXPORTS = PB_RDATA + 0xa0,
	PB_PROGRAM_CODE = PB_TEXT + 0x200,
	PB_TABLE = PB_DATA,
	PB_SLOTS = PB_DATA + 0x40, /* pointer and count of the tables, in the table's order */
	PB_VERSION = PB_DATA + 0xa0,
	PB_PROGRAMS = PB_DATA + 0xb0,
	PB_HELPERS = PB_DATA + 0x150,
	PB_MAPS = PB_DATA + 0x180,
	PB_VALUES = PB_DATA + 0x220,
	PB_VALUE_LIST = PB_DATA + 0x250,
	PB_GLOBALS = PB_DATA + 0x260,
	PB_MAP_INDICES = PB_DATA + 0x290,
	PB_GUIDS = PB_DATA + 0x2a0,
	PB_HASHES = PB_DATA + 0x2c0,
	PB_FUNCTIONS = PB_DATA + 0x300,
	PB_STRINGS = PB_RDATA + 0x200,
};
#define PB_BASE 0x180000000ull

struct pe_builder {
	u8 bytes[PB_ROOM];
	u32 len;
	u32 relocs[64]; /* rvas, in any order */
	u32 reloc_count;
	u32 strings; /* rva of the next one */
};

void pb_init(struct pe_builder *b);
/* Where an rva is in the file's bytes. */
u8 *pb_at(struct pe_builder *b, u32 rva);
/* A pointer in the image, which is relocated; or any number in its place, which is not. */
void pb_point(struct pe_builder *b, u32 at, u32 to);
void pb_number(struct pe_builder *b, u32 at, u64 number);
/* A text; returns its rva. */
u32 pb_text(struct pe_builder *b, const char *text);
/* Writes the relocations. */
void pb_finish(struct pe_builder *b);
