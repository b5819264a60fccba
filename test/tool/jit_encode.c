/* SPDX-License-Identifier: MIT */
/* jit-encode: the encoder of x86-64, every row of the table with every register, and memory
 * operands of every form, as assembler text and as bytes, TEXT|BYTES line by line, for
 * jit_encode.sh to compare. */
#include <stdio.h>
#include <string.h>

#include "jit/x86_64/encode.h"

enum form { RM, MR, M, O, N };

static const struct row {
	const char *name, *text;
	u8 prefix, map, opcode, digit;
	enum form form;
	u8 imm;
} rows[] = {
#define X86(NAME, text, prefix, map, opcode, digit, form, imm) \
	{ #NAME, text, prefix, map, opcode, digit, form, imm },
#include "jit/x86_64/insns.def"
#undef X86
};

static const char *const names[4][16] = {
	{ "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
	  "r13b", "r14b", "r15b" },
	{ "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w",
	  "r13w", "r14w", "r15w" },
	{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d",
	  "r12d", "r13d", "r14d", "r15d" },
	{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
	  "r13", "r14", "r15" },
};
static const char *const sizes[4] = { "byte", "word", "dword", "qword" };

static const char *reg_name(u8 reg, u32 bits)
{
	return names[bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3][reg];
}

/* Bits of the operand that may be memory, and of the register beside it. */
static u32 rm_bits(const struct row *row, u32 width)
{
	const char *name = row->name;

	if (strstr(name, "MOVZX8") || strstr(name, "MOVSX8") || strncmp(name, "MOV8", 4) == 0 ||
	    strncmp(name, "TEST8", 5) == 0 || strncmp(name, "CMP8", 4) == 0)
		return 8;
	if (strstr(name, "MOVZX16") || strstr(name, "MOVSX16") || row->prefix == 0x66)
		return 16;
	if (strncmp(name, "MOVSXD", 6) == 0)
		return 32;
	if (strncmp(name, "PUSH", 4) == 0 || strncmp(name, "POP", 3) == 0 ||
	    strcmp(name, "CALL_M") == 0 || strcmp(name, "JMP_M") == 0)
		return 64;
	return width;
}

static u32 reg_bits(const struct row *row, u32 width)
{
	if (strncmp(row->name, "MOV8", 4) == 0)
		return 8;
	return row->prefix == 0x66 ? 16 : width;
}

static void operand(char *out, size_t size, struct x86_rm rm, u32 bits)
{
	char base[8] = "", index[16] = "";

	if (!rm.is_mem) {
		snprintf(out, size, "%s", reg_name(rm.base, bits));
		return;
	}
	if (rm.base != X86_NONE)
		snprintf(base, sizeof(base), "%s + ", reg_name(rm.base, 64));
	if (rm.index != X86_NONE)
		snprintf(index, sizeof(index), "%u*%s + ", 1u << rm.scale, reg_name(rm.index, 64));
	snprintf(out, size, "%s ptr [%s%s%d]",
		 sizes[bits == 8    ? 0
		       : bits == 16 ? 1
		       : bits == 32 ? 2
				    : 3],
		 base, index, rm.disp);
}

static void show(u32 i, u32 width, u8 reg, struct x86_rm rm)
{
	static const s64 imms[] = { 0, 0x5a, 0x1a2b, 0, 0x12345678, 0, 0, 0, 0x1122334455667788 };
	const struct row *row = &rows[i];
	s64 imm = imms[row->imm];
	char text[64] = "", more[32] = "";
	struct jit_out out = { (u8[32]){ 0 }, 0, 32 };

	x86_put(&out, (enum x86_insn)i, width, reg, rm, imm);
	operand(text, sizeof(text), rm, rm_bits(row, width));
	if (row->imm != 0)
		snprintf(more, sizeof(more), ", %lld", imm);
	else if (strstr(row->name, "_CL") != NULL)
		snprintf(more, sizeof(more), ", cl");
	printf("%s ", strcmp(row->name, "STOS") == 0  ? (width == 64 ? "rep stosq" : "rep stosd")
		      : strcmp(row->name, "CDQ") == 0 ? (width == 64 ? "cqo" : "cdq")
						      : row->text);
	if (row->form == RM)
		printf("%s, %s%s", reg_name(reg, reg_bits(row, width)), text, more);
	else if (row->form == MR)
		printf("%s, %s", text, reg_name(reg, reg_bits(row, width)));
	else if (row->form != N)
		printf("%s%s", text, more);
	printf("|");
	for (u32 k = 0; k < out.len; k++)
		printf("0x%02x%s", out.bytes[k], k + 1 < out.len ? "," : "\n");
}

/* Each register beside one of memory's forms, and each form beside one register. */
static void all_memory(u32 i, u32 width)
{
	static const s32 disps[] = { 0, 1, -128, 127, 128, -129, 0x12345 };
	u32 turn = 0;

	for (u8 base = 0; base <= 16; base++)
		for (u8 index = 0; index <= 16; index++)
			for (u32 d = 0; d < ARRAY_COUNT(disps); d++) {
				if (index == RSP || (base == 16 && index == 16) ||
				    (index != 16 && (base + index + d + i) % 13 != 0))
					continue;
				turn++;
				show(i, width, (u8)(turn % 16),
				     x86_mx(base, index, index == 16 ? 0 : (u8)(turn / 3 % 4),
					    disps[d]));
			}
}

int main(void)
{
	for (u32 i = 0; i < X86_INSNS; i++)
		for (u32 width = 32; width <= 64; width += 32) {
			const struct row *row = &rows[i];
			bool has_reg = row->form == RM || row->form == MR;

			if (rm_bits(row, width) == 64 && width == 32)
				continue;
			if ((strcmp(row->name, "MOVABS_O") == 0 ||
			     strcmp(row->name, "MOVSXD_RM") == 0) &&
			    width == 32)
				continue;
			if (strcmp(row->name, "MOV_O") == 0 && width == 64)
				continue;
			if ((strstr(row->name, "8_MR") || strstr(row->name, "8_I8") ||
			     row->prefix == 0x66) &&
			    strstr(row->name, "MOVZX") == NULL && width == 64 &&
			    rm_bits(row, width) < 32)
				continue;
			for (u8 rm = 0; rm < 16; rm++)
				for (u8 reg = 0; reg < (has_reg ? 16 : 1); reg++)
					/* Exchanged registers can be written both ways. */
					if (strcmp(row->name, "LEA_RM") != 0 &&
					    strcmp(row->name, "XCHG_MR") != 0)
						show(i, width, reg, x86_r(rm));
			if (row->form == RM || row->form == MR || row->form == M)
				all_memory(i, width);
		}
	return 0;
}
