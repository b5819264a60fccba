/* SPDX-License-Identifier: MIT */
/* Encoding of x86-64 instructions: prefixes, REX, ModRM, SIB, displacement, immediate. */
#include "jit/x86_64/encode.h"

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

/* What comes before the displacement, 7 bytes at most. */
struct head {
	u64 bytes; /* the first one lowest */
	u32 bits;
};

static void add(struct head *head, u32 byte)
{
	head->bytes |= (u64)byte << head->bits;
	head->bits += 8;
}

/* ModRM and SIB; how many bytes of displacement follow. */
static u32 add_mem(struct head *head, u8 reg, struct x86_rm rm)
{
	u32 low = (u32)(reg & 7) << 3;
	u32 base = rm.base & 7u, mod = 2, index, sib;

	if (rm.disp == (s8)rm.disp)
		mod = rm.disp == 0 && base != RBP ? 0 : 1;
	if (rm.base == X86_NONE) {
		mod = 0; /* and 32 bits of displacement */
	} else if (rm.index == X86_NONE && base != RSP) {
		add(head, mod << 6 | low | base);
		return mod == 2 ? 4 : mod;
	}
	index = rm.index == X86_NONE ? 4 : rm.index & 7u;
	sib = (u32)rm.scale << 6 | index << 3 | (rm.base == X86_NONE ? 5 : base);
	add(head, mod << 6 | low | 4);
	add(head, sib);
	return rm.base == X86_NONE || mod == 2 ? 4 : mod;
}

/* Bit 3 of what is no register is clear. */
static u32 rex_of(u8 trait, u32 width, u8 reg, struct x86_rm rm)
{
	u32 rex = (reg & 8u) >> 1 | (rm.index & 8u) >> 2 | (rm.base & 8u) >> 3;

	if (width == 64 && (trait & ALWAYS_64) == 0)
		rex |= 8;
	if (trait != 0 && (((trait & BYTE_REG) != 0 && is_high_byte(reg)) ||
			   ((trait & BYTE_RM) != 0 && !rm.is_mem && is_high_byte(rm.base))))
		rex |= 0x40;
	return rex != 0 ? rex | 0x40 : 0;
}
_Static_assert((X86_NONE & 8) == 0, "see rex_of");

static bool has_modrm(u8 form)
{
	return form != FORM_O && form != FORM_N;
}

void x86_put(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm, s64 imm)
{
	const struct x86_row *row = &rows[insn];
	bool has_reg = row->form == FORM_RM || row->form == FORM_MR;
	struct head head = { row->prefix, row->prefix != 0 ? 8 : 0 };
	u32 disp = 0, rex;

	if (row->form == FORM_N)
		rm = x86_r(0);
	rex = rex_of(traits[insn], width, has_reg ? reg : 0, rm);
	if (rex != 0)
		add(&head, rex);
	if (row->map == 1)
		add(&head, 0x0f);
	add(&head, row->opcode + (row->form == FORM_O ? rm.base & 7u : 0));
	if (has_modrm(row->form)) {
		u8 field = has_reg ? reg : row->digit;

		if (rm.is_mem)
			disp = add_mem(&head, field, rm);
		else
			add(&head, 0xc0 | (u32)(field & 7) << 3 | (rm.base & 7u));
	}
	x86_bytes(out, head.bytes, head.bits / 8);
	if (disp != 0)
		x86_bytes(out, (u32)rm.disp, disp);
	if (row->imm != 0)
		x86_bytes(out, (u64)imm, row->imm);
}

void x86_rr(struct jit_out *out, enum x86_insn insn, u32 width, u8 dst, u8 src)
{
	if (rows[insn].form == FORM_RM)
		x86_put(out, insn, width, dst, x86_r(src), 0);
	else
		x86_put(out, insn, width, src, x86_r(dst), 0);
}

void x86_ri(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, s64 imm)
{
	x86_put(out, insn, width, 0, x86_r(reg), imm);
}

void x86_cmov(struct jit_out *out, enum x86_cc cc, u32 width, u8 dst, u8 src)
{
	u32 rex = (width == 64 ? 0x48u : 0) | (dst >= R8 ? 0x44u : 0) | (src >= R8 ? 0x41u : 0);

	if (rex != 0)
		x86_byte(out, rex);
	x86_byte(out, 0x0f);
	x86_byte(out, 0x40u + cc);
	x86_byte(out, 0xc0 | (u32)(dst & 7) << 3 | (src & 7u));
}
