/* SPDX-License-Identifier: MIT */
#include "pe_builder.h"

#include "base/le.h"
#include "base/str.h"

NOINLINE u8 *pb_at(struct pe_builder *b, u32 rva)
{
	if (rva >= PB_RELOC)
		return b->bytes + PB_RELOC_AT + (rva - PB_RELOC);
	if (rva >= PB_DATA)
		return b->bytes + PB_DATA_AT + (rva - PB_DATA);
	if (rva >= PB_RDATA)
		return b->bytes + PB_RDATA_AT + (rva - PB_RDATA);
	return b->bytes + PB_TEXT_AT + (rva - PB_TEXT);
}

void pb_number(struct pe_builder *b, u32 at, u64 number)
{
	for (u32 i = 0; i < b->reloc_count; i++)
		if (b->relocs[i] == at)
			b->relocs[i] = b->relocs[--b->reloc_count];
	le64_store(pb_at(b, at), number);
}

void pb_point(struct pe_builder *b, u32 at, u32 to)
{
	pb_number(b, at, PB_BASE + to);
	b->relocs[b->reloc_count++] = at;
}

u32 pb_text(struct pe_builder *b, const char *text)
{
	u32 at = b->strings;

	memcpy(pb_at(b, at), text, strlen(text) + 1);
	b->strings += (u32)strlen(text) + 1;
	return at;
}

static void put_header(struct pe_builder *b)
{
	u8 *pe = b->bytes + PB_PE, *oh = b->bytes + PB_OPTIONAL;

	memcpy(b->bytes, "MZ", 2);
	le32_store(b->bytes + 60, PB_PE);
	memcpy(pe, "PE\0\0", 4);
	le16_store(pe + 4, 0x8664);
	le16_store(pe + 6, 4);
	le16_store(pe + 20, 240);
	le16_store(pe + 22, 0x22);
	le16_store(oh, 0x20b);
	le64_store(oh + 24, PB_BASE);
	le32_store(oh + 32, 4096);
	le32_store(oh + 36, 512);
	le32_store(oh + 56, PB_SIZE);
	le32_store(oh + 60, PB_TEXT_AT);
	le16_store(oh + 68, 1);
	le32_store(oh + 108, 16);
}

static void put_section(struct pe_builder *b, u32 nth, const char *name, const u32 numbers[5])
{
	u8 *at = b->bytes + PB_SECTIONS + 40 * nth;

	memcpy(at, name, strlen(name));
	le32_store(at + 8, numbers[0]);
	le32_store(at + 12, numbers[1]);
	le32_store(at + 16, numbers[2]);
	le32_store(at + 20, numbers[3]);
	le32_store(at + 36, numbers[4]);
}

static void put_dir(struct pe_builder *b, u32 nth, u32 rva, u32 size)
{
	le32_store(b->bytes + PB_DIRS + 8 * nth, rva);
	le32_store(b->bytes + PB_DIRS + 8 * nth + 4, size);
}

static void put_sections(struct pe_builder *b)
{
	put_section(b, 0, ".text", (const u32[]){ 0x400, PB_TEXT, 0x400, PB_TEXT_AT, 0x60000020 });
	put_section(b, 1, ".rdata",
		    (const u32[]){ 0x1600, PB_RDATA, 0x1600, PB_RDATA_AT, 0x40000040 });
	put_section(b, 2, ".data", (const u32[]){ 0x400, PB_DATA, 0x400, PB_DATA_AT, 0xc0000040 });
	put_section(b, 3, ".reloc",
		    (const u32[]){ 0x100, PB_RELOC, 0x200, PB_RELOC_AT, 0x42000040 });
}

static void put_imports(struct pe_builder *b)
{
	le32_store(pb_at(b, PB_IMPORTS), PB_IMPORT_NAMES);
	le32_store(pb_at(b, PB_IMPORTS + 12), PB_RDATA + 0x80);
	le32_store(pb_at(b, PB_IMPORTS + 16), PB_IMPORT_SLOTS);
	le64_store(pb_at(b, PB_IMPORT_NAMES), PB_RDATA + 0x60);
	le64_store(pb_at(b, PB_IMPORT_SLOTS), PB_RDATA + 0x60);
	memcpy(pb_at(b, PB_RDATA + 0x62), "DbgPrint", 9);
	memcpy(pb_at(b, PB_RDATA + 0x80), "ntoskrnl.exe", 13);
	put_dir(b, 1, PB_IMPORTS, 40);
	put_dir(b, 12, PB_IMPORT_SLOTS, 16);
}

static void put_exports(struct pe_builder *b)
{
	le32_store(pb_at(b, PB_EXPORTS + 16), 1);
	le32_store(pb_at(b, PB_EXPORTS + 20), 1);
	le32_store(pb_at(b, PB_EXPORTS + 24), 1);
	le32_store(pb_at(b, PB_EXPORTS + 28), PB_RDATA + 0xd0);
	le32_store(pb_at(b, PB_EXPORTS + 32), PB_RDATA + 0xd4);
	le32_store(pb_at(b, PB_EXPORTS + 36), PB_RDATA + 0xd8);
	le32_store(pb_at(b, PB_RDATA + 0xd0), PB_TEXT);
	le32_store(pb_at(b, PB_RDATA + 0xd4), PB_RDATA + 0xe0);
	memcpy(pb_at(b, PB_RDATA + 0xe0), "get_metadata_table", 19);
	put_dir(b, 0, PB_EXPORTS, 0x60);
}

/* --- code, in Microsoft's convention: rcx and rdx are the arguments --- */

static u32 put_code(struct pe_builder *b, u32 at, const u8 *code, u32 len)
{
	memcpy(pb_at(b, at), code, len);
	return at + len;
}

/* mov rax, [rip + there], or lea with the other opcode. */
static u32 put_load(struct pe_builder *b, u32 at, u8 opcode, u32 there)
{
	const u8 code[3] = { 0x48, opcode, 0x05 };

	at = put_code(b, at, code, 3);
	le32_store(pb_at(b, at), there - (at + 4));
	return at + 4;
}

static void put_functions(struct pe_builder *b)
{
	static const u8 first[] = { 0x48, 0x89, 0x01 };		    /* mov [rcx], rax */
	static const u8 second[] = { 0x48, 0x89, 0x02, 0xc3 };	    /* mov [rdx], rax; ret */
	static const u8 third[] = { 0x48, 0x89, 0x41, 0x08, 0xc3 }; /* mov [rcx + 8], rax; ret */
	static const u8 ret = 0xc3;
	static const u8 answer[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	u32 at = put_load(b, PB_TEXT, 0x8d, PB_TABLE);

	put_code(b, at, &ret, 1);
	for (u32 i = 0; i < 6; i++) {
		u32 slot = PB_SLOTS + 16 * i;

		at = PB_TEXT + 0x20 + 0x20 * i;
		pb_point(b, PB_TABLE + 8 + 8 * i, at);
		if (i == 3) { /* the version: 12 bytes, and 4 that the caller has no use for */
			at = put_load(b, at, 0x8b, PB_VERSION);
			at = put_code(b, at, first, sizeof(first));
			at = put_code(b, at, (const u8[]){ 0x8b, 0x05 }, 2);
			le32_store(pb_at(b, at), PB_VERSION + 8 - (at + 4));
			put_code(b, at + 4, third + 1, sizeof(third) - 1);
			continue;
		}
		at = put_load(b, at, 0x8b, slot);
		at = put_code(b, at, first, sizeof(first));
		at = put_load(b, at, 0x8b, slot + 8);
		put_code(b, at, second, sizeof(second));
	}
	put_code(b, PB_PROGRAM_CODE, answer, sizeof(answer));
}

/* --- tables --- */

static void put_struct_header(struct pe_builder *b, u32 at, u32 size, u32 total)
{
	le16_store(pb_at(b, at), 1);
	le64_store(pb_at(b, at + 8), size);
	le64_store(pb_at(b, at + 16), total);
}

static void put_slot(struct pe_builder *b, u32 nth, u32 to, u32 count)
{
	pb_point(b, PB_SLOTS + 16 * nth, to);
	le64_store(pb_at(b, PB_SLOTS + 16 * nth + 8), count);
}

static void put_program(struct pe_builder *b)
{
	/* The type bind of the Windows dialect. */
	static const u8 bind[16] = { 0x7c, 0x51, 0x8c, 0x60, 0x52, 0x6c, 0x26, 0x4a,
				     0xb6, 0x77, 0xbb, 0x1c, 0x34, 0x42, 0x5a, 0xdf };
	u32 at = PB_PROGRAMS;

	put_struct_header(b, at + 8, 154, 160);
	pb_point(b, at + 32, PB_PROGRAM_CODE);
	pb_point(b, at + 40, pb_text(b, "bind"));
	pb_point(b, at + 48, pb_text(b, "bind"));
	pb_point(b, at + 56, pb_text(b, "answer"));
	pb_point(b, at + 64, PB_MAP_INDICES);
	le16_store(pb_at(b, at + 72), 2);
	pb_point(b, at + 80, PB_HELPERS);
	le16_store(pb_at(b, at + 88), 1);
	le64_store(pb_at(b, at + 96), 7);
	pb_point(b, at + 104, PB_GUIDS);
	memcpy(pb_at(b, PB_GUIDS), bind, sizeof(bind));
	pb_point(b, at + 128 - 8, PB_HASHES);
	pb_point(b, at + 136, pb_text(b, "none"));
	put_struct_header(b, PB_HELPERS, 40, 40);
	le32_store(pb_at(b, PB_HELPERS + 24), 8);
	pb_point(b, PB_HELPERS + 32, pb_text(b, "bpf_get_smp_processor_id"));
	le16_store(pb_at(b, PB_MAP_INDICES + 2), 1);
	put_struct_header(b, PB_FUNCTIONS, 48, 48);
	pb_point(b, PB_FUNCTIONS + 24, pb_text(b, "function"));
}

static void put_map(struct pe_builder *b, u32 at, u32 value_size, u32 entries, const char *name)
{
	put_struct_header(b, at + 16, 80, 80);
	le32_store(pb_at(b, at + 40), 2); /* an array */
	le32_store(pb_at(b, at + 44), 4);
	le32_store(pb_at(b, at + 48), value_size);
	le32_store(pb_at(b, at + 52), entries);
	pb_point(b, at + 72, pb_text(b, name));
}

void pb_init(struct pe_builder *b)
{
	memset(b, 0, sizeof(*b));
	b->len = PB_LEN;
	b->strings = PB_STRINGS;
	put_header(b);
	put_sections(b);
	put_imports(b);
	put_exports(b);
	le64_store(pb_at(b, PB_TABLE), 56);
	put_functions(b);
	le32_store(pb_at(b, PB_VERSION), 1);
	le32_store(pb_at(b, PB_VERSION + 4), 6);
	put_program(b);
	put_map(b, PB_MAPS, 8, 3, "counters");
	put_map(b, PB_MAPS + 80, 16, 1, ".data");
	put_slot(b, 0, PB_PROGRAMS, 1);
	put_slot(b, 1, PB_MAPS, 2);
	put_slot(b, 2, PB_HASHES, 32);
	put_slot(b, 4, PB_VALUES, 0);
	put_struct_header(b, PB_VALUES, 48, 48);
	pb_point(b, PB_VALUES + 24, pb_text(b, "counters"));
	le64_store(pb_at(b, PB_VALUES + 32), 2);
	pb_point(b, PB_VALUES + 40, PB_VALUE_LIST);
	pb_point(b, PB_VALUE_LIST + 8, pb_text(b, "answer"));
	put_slot(b, 5, PB_GLOBALS, 1);
	put_struct_header(b, PB_GLOBALS, 48, 48);
	pb_point(b, PB_GLOBALS + 24, pb_text(b, ".data"));
	le64_store(pb_at(b, PB_GLOBALS + 32), 16);
	pb_point(b, PB_GLOBALS + 40, PB_HASHES);
}

static void sort(u32 *items, u32 count)
{
	for (u32 i = 1; i < count; i++)
		for (u32 k = i; k > 0 && items[k] < items[k - 1]; k--) {
			u32 item = items[k];

			items[k] = items[k - 1];
			items[k - 1] = item;
		}
}

/* All of them are in the page of the tables: one block, padded to a multiple of 4. */
void pb_finish(struct pe_builder *b)
{
	u8 *at = pb_at(b, PB_RELOC);
	u32 size = 8 + 2 * ((b->reloc_count + 1) & ~1u);

	sort(b->relocs, b->reloc_count);
	memset(at, 0, 0x200);
	le32_store(at, PB_DATA);
	le32_store(at + 4, size);
	for (u32 i = 0; i < b->reloc_count; i++)
		le16_store(at + 8 + 2 * i, (u16)(0xa000 | (b->relocs[i] - PB_DATA)));
	put_dir(b, 5, PB_RELOC, size);
}
