/* SPDX-License-Identifier: MIT */
/* DWARF 4 of a program: its functions, the lines of their code, and r0 to r10 as variables, which
 * are where the compiler keeps them as long as the program will read them. */
#include "base/format.h"
#include "debug/internal.h"

enum {
	TAG_COMPILE_UNIT = 0x11,
	TAG_BASE_TYPE = 0x24,
	TAG_SUBPROGRAM = 0x2e,
	TAG_VARIABLE = 0x34,
	AT_LOCATION = 0x02,
	AT_NAME = 0x03,
	AT_BYTE_SIZE = 0x0b,
	AT_STMT_LIST = 0x10,
	AT_LOW_PC = 0x11,
	AT_HIGH_PC = 0x12,
	AT_LANGUAGE = 0x13,
	AT_PRODUCER = 0x25,
	AT_ENCODING = 0x3e,
	AT_EXTERNAL = 0x3f,
	AT_TYPE = 0x49,
	FORM_ADDR = 0x01,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_DATA1 = 0x0b,
	FORM_REF4 = 0x13,
	FORM_SEC_OFFSET = 0x17,
	FORM_FLAG_PRESENT = 0x19,
	LANG_C99 = 0x0c,
	ATE_UNSIGNED = 0x07,
	OP_REG0 = 0x50,
	LNS_COPY = 1,
	LNS_ADVANCE_PC = 2,
	LNS_ADVANCE_LINE = 3,
	LNS_SET_FILE = 4,
	LNS_SET_COLUMN = 5,
	LNE_END_SEQUENCE = 1,
	LNE_SET_ADDRESS = 2,
	ABBREV_UNIT = 1,
	ABBREV_TYPE,
	ABBREV_FUNC,
	ABBREV_VARIABLE,
};

static void put_abbrev(struct strbuf *out)
{
	static const u8 bytes[] = {
		ABBREV_UNIT,
		TAG_COMPILE_UNIT,
		1, /* with children */
		AT_PRODUCER,
		FORM_STRING,
		AT_LANGUAGE,
		FORM_DATA1,
		AT_NAME,
		FORM_STRING,
		AT_LOW_PC,
		FORM_ADDR,
		AT_HIGH_PC,
		FORM_DATA8,
		AT_STMT_LIST,
		FORM_SEC_OFFSET,
		0,
		0,
		ABBREV_TYPE,
		TAG_BASE_TYPE,
		0,
		AT_NAME,
		FORM_STRING,
		AT_BYTE_SIZE,
		FORM_DATA1,
		AT_ENCODING,
		FORM_DATA1,
		0,
		0,
		ABBREV_FUNC,
		TAG_SUBPROGRAM,
		1,
		AT_NAME,
		FORM_STRING,
		AT_LOW_PC,
		FORM_ADDR,
		AT_HIGH_PC,
		FORM_DATA8,
		AT_TYPE,
		FORM_REF4,
		AT_EXTERNAL,
		FORM_FLAG_PRESENT,
		0,
		0,
		ABBREV_VARIABLE,
		TAG_VARIABLE,
		0,
		AT_NAME,
		FORM_STRING,
		AT_TYPE,
		FORM_REF4,
		AT_LOCATION,
		FORM_SEC_OFFSET,
		0,
		0,
		0,
	};

	strbuf_add_len(out, (const char *)bytes, sizeof(bytes));
}

#define LOCATIONS_MAX (16u << 20) /* bytes; what comes after that has no place */

/* Where reg is while the function runs; false: nowhere, and nothing is written. Offsets are
 * relative to the unit's code. */
static bool put_location(const struct debug_code *code, const struct debug_func *func, u8 reg,
			 struct strbuf *out)
{
	u32 dwarf = jit_dwarf_register(code->jit, reg), from = 0, end = 0;
	bool some = false;

	if (dwarf > 31 || out->len > LOCATIONS_MAX)
		return false;
	for (u32 slot = func->first; slot <= func->last; slot++) {
		bool live = slot < func->last && (jit_live(code->jit, slot) >> reg & 1) != 0;
		u32 at = jit_offset(code->jit, slot);

		if (live && from == end)
			from = at;
		if (live) {
			end = MAX(jit_offset(code->jit, slot + 1), at);
			continue;
		}
		if (from < end) {
			debug_u64(out, from);
			debug_u64(out, end);
			debug_u16(out, 1);
			debug_u8(out, OP_REG0 + dwarf);
			some = true;
		}
		from = end = 0;
	}
	if (some) {
		debug_u64(out, 0);
		debug_u64(out, 0);
	}
	return some;
}

static void put_func(const struct debug_code *code, const struct debug_func *func, u32 type,
		     struct debug_dwarf *out)
{
	debug_uleb(&out->info, ABBREV_FUNC);
	debug_str(&out->info, func->name);
	debug_u64(&out->info, code->address + func->begin);
	debug_u64(&out->info, func->end - func->begin);
	debug_u32(&out->info, type);
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		size_t at = out->loc.len;
		char name[8];

		if (!put_location(code, func, (u8)reg, &out->loc))
			continue;
		format(name, sizeof(name), "r%u", reg);
		debug_uleb(&out->info, ABBREV_VARIABLE);
		debug_str(&out->info, name);
		debug_u32(&out->info, type);
		debug_u32(&out->info, (u32)at);
	}
	debug_u8(&out->info, 0);
}

static void put_info(const struct debug_code *code, struct debug_dwarf *out)
{
	struct strbuf *info = &out->info;
	size_t type;

	debug_u32(info, 0);
	debug_u16(info, 4);
	debug_u32(info, 0);
	debug_u8(info, 8);
	debug_uleb(info, ABBREV_UNIT);
	debug_str(info, "Oriel");
	debug_u8(info, LANG_C99);
	debug_str(info, code->file_count > 0   ? code->files[0]
			: code->func_count > 0 ? code->funcs[0].name
					       : "unknown");
	debug_u64(info, code->address);
	debug_u64(info, code->len);
	debug_u32(info, 0);
	type = info->len;
	debug_uleb(info, ABBREV_TYPE);
	debug_str(info, "u64");
	debug_u8(info, 8);
	debug_u8(info, ATE_UNSIGNED);
	for (u32 i = 0; i < code->func_count; i++)
		put_func(code, &code->funcs[i], (u32)type, out);
	debug_u8(info, 0);
	debug_patch_u32(info, 0, info->len - 4);
}

static void put_rows(const struct debug_code *code, struct strbuf *out)
{
	u32 at = 0, line = 1, file = 0;

	debug_u8(out, 0);
	debug_uleb(out, 9);
	debug_u8(out, LNE_SET_ADDRESS);
	debug_u64(out, code->address);
	for (u32 i = 0; i < code->row_count; i++) {
		const struct debug_row *row = &code->rows[i];

		if (row->file != file) {
			debug_u8(out, LNS_SET_FILE);
			debug_uleb(out, row->file + 1);
		}
		debug_u8(out, LNS_ADVANCE_PC);
		debug_uleb(out, row->offset - at);
		debug_u8(out, LNS_ADVANCE_LINE);
		debug_sleb(out, (s64)row->line - line);
		debug_u8(out, LNS_SET_COLUMN);
		debug_uleb(out, row->col);
		debug_u8(out, LNS_COPY);
		at = row->offset;
		line = row->line;
		file = row->file;
	}
	debug_u8(out, LNS_ADVANCE_PC);
	debug_uleb(out, code->len - at);
	debug_u8(out, 0);
	debug_uleb(out, 1);
	debug_u8(out, LNE_END_SEQUENCE);
}

static void put_line(const struct debug_code *code, struct strbuf *out)
{
	static const u8 lengths[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 };
	size_t header;

	debug_u32(out, 0);
	debug_u16(out, 4);
	header = out->len;
	debug_u32(out, 0);
	debug_u8(out, 1); /* bytes an instruction has at least */
	debug_u8(out, 1);
	debug_u8(out, 1);    /* rows are statements */
	debug_u8(out, 0xfb); /* special opcodes, of which there is none: -5 ... */
	debug_u8(out, 14);
	debug_u8(out, sizeof(lengths) + 1);
	strbuf_add_len(out, (const char *)lengths, sizeof(lengths));
	debug_u8(out, 0); /* folders */
	for (u32 i = 0; i < code->file_count; i++) {
		debug_str(out, code->files[i]);
		debug_uleb(out, 0);
		debug_uleb(out, 0);
		debug_uleb(out, 0);
	}
	debug_u8(out, 0);
	debug_patch_u32(out, header, out->len - header - 4);
	if (code->row_count > 0)
		put_rows(code, out);
	debug_patch_u32(out, 0, out->len - 4);
}

/* How callers are found is not said, but that they are not: debuggers would guess, and show what is
 * not there. */
static void put_frame(const struct debug_code *code, struct strbuf *out)
{
	static const u8 rules[] = {
		0x0c, 7,  8, /* the frame is at rsp + 8 */
		0x07, 16,    /* there is no return address */
		0,    0,  0, /* nothing, up to a multiple of 8 bytes */
	};

	debug_u32(out, 20);
	debug_u32(out, 0xffffffff);
	debug_u8(out, 3);
	debug_u8(out, 0);
	debug_uleb(out, 1);
	debug_sleb(out, -8);
	debug_uleb(out, 16); /* the return address */
	strbuf_add_len(out, (const char *)rules, sizeof(rules));
	debug_u8(out, 0);
	debug_u8(out, 0);
	debug_u8(out, 0);
	debug_u32(out, 20);
	debug_u32(out, 0);
	debug_u64(out, code->address);
	debug_u64(out, code->len);
}

void debug_dwarf_write(const struct debug_code *code, struct debug_dwarf *out)
{
	put_abbrev(&out->abbrev);
	put_info(code, out);
	put_line(code, &out->line);
	if (jit_dwarf_register(code->jit, 0) == 0) /* x86-64's */
		put_frame(code, &out->frame);
}

void debug_dwarf_fini(struct debug_dwarf *dwarf)
{
	strbuf_fini(&dwarf->abbrev);
	strbuf_fini(&dwarf->info);
	strbuf_fini(&dwarf->line);
	strbuf_fini(&dwarf->loc);
	strbuf_fini(&dwarf->frame);
}
