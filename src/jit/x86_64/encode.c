/* SPDX-License-Identifier: MIT */
/* Encoding of x86-64 instructions: prefixes, REX, ModRM, SIB, displacement, immediate. */
#include "jit/x86_64/encode.h"

#include "base/le.h"

enum x86_form { FORM_RM, FORM_MR, FORM_M, FORM_O, FORM_N };

struct x86_row {
	u8 prefix, map, opcode, digit, form, imm;
};

static const struct x86_row rows[] = {
#define X86(NAME, text, prefix, map, opcode, digit, form, imm) \
	{ prefix, map, opcode, digit, FORM_##form, imm },
#include "jit/x86_64/insns.def"
#undef X86
};

void x86_bytes(struct x86_out *out, u64 value, u32 count)
{
	/* All eight at once where there is room: what is too much is written over. */
	if (out->cap >= 8 && out->len <= out->cap - 8)
		le64_store(out->bytes + out->len, value);
	else
		for (u32 i = 0; i < count && out->len + i < out->cap; i++)
			out->bytes[out->len + i] = (u8)(value >> 8 * i);
	out->len += count;
}

/* Registers of 8 bits that without REX would be ah, ch, dh, bh. */
static bool is_high_byte(u8 reg)
{
	return reg >= RSP && reg <= RDI;
}

enum x86_trait {
	BYTE_REG = 1,
	BYTE_RM = 2,
	ALWAYS_64 = 4, /* their 64-bit form is the only one */
};

static const u8 traits[X86_INSNS] = {
	[X86_MOV8_MR] = BYTE_REG | BYTE_RM,
	[X86_MOVZX8_RM] = BYTE_RM,
	[X86_MOVSX8_RM] = BYTE_RM,
	[X86_TEST8_I8] = BYTE_RM,
	[X86_CMP8_I8] = BYTE_RM,
	[X86_MOV8_I8] = BYTE_RM,
	[X86_CALL_M] = ALWAYS_64,
	[X86_JMP_M] = ALWAYS_64,
	[X86_PUSH_M] = ALWAYS_64,
	[X86_POP_M] = ALWAYS_64,
	[X86_PUSH_O] = ALWAYS_64,
	[X86_POP_O] = ALWAYS_64,
	[X86_RET] = ALWAYS_64,
};

/* What comes before the displacement, 6 bytes at most. */
struct head {
	u64 bytes; /* the first one lowest */
	u32 len;
};

static void add(struct head *head, u32 byte)
{
	head->bytes |= (u64)(u8)byte << 8 * head->len;
	head->len++;
}

/* ModRM and SIB; how many bytes of displacement follow. */
static u32 add_mem(struct head *head, u8 reg, struct x86_rm rm)
{
	u32 low = (u32)(reg & 7) << 3;
	bool has_sib = rm.index != X86_NONE || rm.base == X86_NONE || (rm.base & 7) == RSP;
	u32 mod = rm.disp == 0 && (rm.base & 7) != RBP ? 0
		  : rm.disp >= -128 && rm.disp <= 127  ? 1
						       : 2;

	if (rm.base == X86_NONE)
		mod = 0; /* and 32 bits of displacement */
	add(head, mod << 6 | low | (has_sib ? 4 : rm.base & 7u));
	if (has_sib) {
		u32 index = rm.index == X86_NONE ? 4 : rm.index & 7u;
		u32 base = rm.base == X86_NONE ? 5 : rm.base & 7u;

		add(head, (u32)rm.scale << 6 | index << 3 | base);
	}
	return rm.base == X86_NONE || mod == 2 ? 4 : mod;
}

static u32 rex_of(u8 trait, u32 width, u8 reg, struct x86_rm rm)
{
	u32 rex = 0;

	if (width == 64 && (trait & ALWAYS_64) == 0)
		rex |= 0x48;
	if (reg >= R8 && reg != X86_NONE)
		rex |= 0x44;
	if (rm.base >= R8 && rm.base != X86_NONE)
		rex |= 0x41;
	if (rm.is_mem && rm.index >= R8 && rm.index != X86_NONE)
		rex |= 0x42;
	if (((trait & BYTE_REG) != 0 && is_high_byte(reg)) ||
	    ((trait & BYTE_RM) != 0 && !rm.is_mem && is_high_byte(rm.base)))
		rex |= 0x40;
	return rex;
}

void x86_put(struct x86_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm, s64 imm)
{
	const struct x86_row *row = &rows[insn];
	bool has_reg = row->form == FORM_RM || row->form == FORM_MR;
	u32 rex =
		rex_of(traits[insn], width, has_reg ? reg : 0, row->form == FORM_N ? x86_r(0) : rm);
	struct head head = { row->prefix, row->prefix != 0 };
	u32 disp = 0;

	if (rex != 0)
		add(&head, rex);
	if (row->map == 1)
		add(&head, 0x0f);
	add(&head, row->opcode + (row->form == FORM_O ? rm.base & 7u : 0));
	if (row->form != FORM_O && row->form != FORM_N) {
		u8 field = has_reg ? reg : row->digit;

		if (rm.is_mem)
			disp = add_mem(&head, field, rm);
		else
			add(&head, 0xc0 | (u32)(field & 7) << 3 | (rm.base & 7u));
	}
	x86_bytes(out, head.bytes, head.len);
	if (disp != 0)
		x86_bytes(out, (u32)rm.disp, disp);
	if (row->imm != 0)
		x86_bytes(out, (u64)imm, row->imm);
}

void x86_rr(struct x86_out *out, enum x86_insn insn, u32 width, u8 dst, u8 src)
{
	if (rows[insn].form == FORM_RM)
		x86_put(out, insn, width, dst, x86_r(src), 0);
	else
		x86_put(out, insn, width, src, x86_r(dst), 0);
}

void x86_ri(struct x86_out *out, enum x86_insn insn, u32 width, u8 reg, s64 imm)
{
	x86_put(out, insn, width, 0, x86_r(reg), imm);
}

void x86_cmov(struct x86_out *out, enum x86_cc cc, u32 width, u8 dst, u8 src)
{
	u32 rex = (width == 64 ? 0x48u : 0) | (dst >= R8 ? 0x44u : 0) | (src >= R8 ? 0x41u : 0);

	if (rex != 0)
		x86_byte(out, rex);
	x86_byte(out, 0x0f);
	x86_byte(out, 0x40u + cc);
	x86_byte(out, 0xc0 | (u32)(dst & 7) << 3 | (src & 7u));
}
