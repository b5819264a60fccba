/* SPDX-License-Identifier: MIT */
/* Encoding of x86-64 instructions: prefixes, REX, ModRM, SIB, displacement, immediate. */
#include "jit/x86_64/encode.h"

enum x86_form { FORM_RM, FORM_MR, FORM_M, FORM_O, FORM_N };

struct x86_row {
	u8 prefix, digit, form, imm;
	u16 opcode;  /* the first byte lowest */
	u8 bits;     /* of it */
	bool is_odd; /* has a prefix, or no operand */
};

static const struct x86_row rows[] = {
#define X86(NAME, text, prefix, map, opcode, digit, form, imm) \
	{ prefix,                                              \
	  digit,                                               \
	  FORM_##form,                                         \
	  imm,                                                 \
	  (map) == 1 ? 0x0f | (opcode) << 8 : (opcode),        \
	  (map) == 1 ? 16 : 8,                                 \
	  (prefix) != 0 || FORM_##form == FORM_N },
#include "jit/x86_64/insns.def"
#undef X86
};

/* Registers of 8 bits that without REX would be ah, ch, dh, bh. */
static bool is_high_byte(u32 reg)
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

static inline void add(struct head *head, u32 bytes, u32 bits)
{
	head->bytes |= (u64)bytes << head->bits;
	head->bits += bits;
}

/* Wherever there is room what is too much is written over by what follows. */
static inline void put(struct jit_out *out, struct head head, u64 disp, u32 disp_len, u64 imm,
		       u32 imm_len)
{
	u32 len = head.bits / 8;
	u8 *at;

	if (out->len + 24 > out->cap) {
		x86_bytes(out, head.bytes, len);
		x86_bytes(out, disp, disp_len);
		x86_bytes(out, imm, imm_len);
		return;
	}
	at = out->bytes + out->len;
	le64_store(at, head.bytes);
	le64_store(at + len, disp);
	len += disp_len;
	le64_store(at + len, imm);
	out->len += len + imm_len;
}

/* REX, if there has to be one, before the head that begins with the opcode. Bit 3 of what is no
 * register is clear. */
static inline struct head with_rex(struct head head, u32 width, u32 reg, u32 index, u32 base)
{
	u32 rex = (reg & 8) >> 1 | (index & 8) >> 2 | (base & 8) >> 3 | (width == 64 ? 8 : 0);

	if (rex != 0)
		head = (struct head){ head.bytes << 8 | 0x40 | rex, head.bits + 8 };
	return head;
}
_Static_assert((X86_NONE & 8) == 0, "see with_rex");

/* ModRM and SIB; how many bytes of displacement follow. */
static inline u32 add_mem(struct head *head, u32 reg, struct x86_rm rm)
{
	u32 low = (reg & 7) << 3, base = rm.base & 7u, mod = 2, index;

	if (rm.disp == (s8)rm.disp)
		mod = rm.disp == 0 && base != RBP ? 0 : 1;
	if (rm.base == X86_NONE) {
		mod = 0; /* and 32 bits of displacement */
	} else if (rm.index == X86_NONE && base != RSP) {
		add(head, mod << 6 | low | base, 8);
		return mod == 2 ? 4 : mod;
	}
	index = rm.index == X86_NONE ? 4 : rm.index & 7u;
	base = rm.base == X86_NONE ? 5 : base;
	add(head, mod << 6 | low | 4 | ((u32)rm.scale << 6 | index << 3 | base) << 8, 16);
	return rm.base == X86_NONE || mod == 2 ? 4 : mod;
}

/* Of those with prefixes, registers of 8 bits, without ModRM. */
static void put_odd(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm,
		    s64 imm)
{
	const struct x86_row *row = &rows[insn];
	u32 trait = traits[insn], rex, disp = 0, opcode = row->opcode;
	struct head head = { row->prefix, row->prefix != 0 ? 8 : 0 };

	if (row->form > FORM_MR)
		reg = row->digit;
	if (row->form == FORM_N)
		rm = x86_r(0);
	rex = (reg & 8u) >> 1 | (rm.index & 8u) >> 2 | (rm.base & 8u) >> 3;
	if (width == 64 && (trait & ALWAYS_64) == 0)
		rex |= 8;
	if (rex != 0 || ((trait & BYTE_REG) != 0 && is_high_byte(reg)) ||
	    ((trait & BYTE_RM) != 0 && !rm.is_mem && is_high_byte(rm.base)))
		add(&head, rex | 0x40, 8);
	if (row->form == FORM_O)
		opcode += (rm.base & 7u) << (row->bits - 8);
	add(&head, opcode, row->bits);
	if (row->form < FORM_O && rm.is_mem)
		disp = add_mem(&head, reg, rm);
	else if (row->form < FORM_O)
		add(&head, 0xc0 | (reg & 7u) << 3 | (rm.base & 7u), 8);
	put(out, head, (u32)rm.disp, disp, (u64)imm, row->imm);
}

static inline void put_register(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, u8 base,
				s64 imm)
{
	const struct x86_row *row = &rows[insn];
	struct head head = { row->opcode, row->bits };

	if (row->is_odd || traits[insn] != 0) {
		put_odd(out, insn, width, reg, x86_r(base), imm);
		return;
	}
	if (row->form > FORM_MR)
		reg = row->digit;
	if (row->form == FORM_O)
		head.bytes += (u64)(base & 7) << (head.bits - 8);
	else
		add(&head, 0xc0 | (reg & 7u) << 3 | (base & 7u), 8);
	head = with_rex(head, width, reg, 0, base);
	put(out, head, 0, 0, (u64)imm, row->imm);
}

static void put_memory(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm,
		       s64 imm)
{
	const struct x86_row *row = &rows[insn];
	struct head head = { row->opcode, row->bits };
	u32 disp;

	if (row->is_odd || (traits[insn] & ~(u32)BYTE_RM) != 0) {
		put_odd(out, insn, width, reg, rm, imm);
		return;
	}
	if (row->form > FORM_MR)
		reg = row->digit;
	disp = add_mem(&head, reg, rm);
	head = with_rex(head, width, reg, rm.index, rm.base);
	put(out, head, (u32)rm.disp, disp, (u64)imm, row->imm);
}

void x86_put(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, struct x86_rm rm, s64 imm)
{
	if (rm.is_mem)
		put_memory(out, insn, width, reg, rm, imm);
	else
		put_register(out, insn, width, reg, rm.base, imm);
}

void x86_rr(struct jit_out *out, enum x86_insn insn, u32 width, u8 dst, u8 src)
{
	bool reads = rows[insn].form == FORM_RM;

	put_register(out, insn, width, reads ? dst : src, reads ? src : dst, 0);
}

void x86_ri(struct jit_out *out, enum x86_insn insn, u32 width, u8 reg, s64 imm)
{
	put_register(out, insn, width, 0, reg, imm);
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
