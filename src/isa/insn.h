/* SPDX-License-Identifier: MIT */
/* The decoded instruction, the form in which every part of the system but isa/ itself sees a
 * program. RFC 9669 complete, plus callx, may_goto, load-acquire and store-release.
 *
 * Consumers switch on kind without a default, so the compiler names each place when a kind is
 * added. */
#pragma once

#include "base/compiler.h"

enum {
	BPF_REG_0,
	BPF_REG_1,
	BPF_REG_FP = 10,
	BPF_REG_COUNT = 11,
};

#define INSN_SLOT_SIZE 8 /* bytes of one encoded slot */

enum insn_kind {
	INSN_ALU,	 /* dst = dst OP operand; op: enum alu_op; width */
	INSN_NEG,	 /* dst = -dst; width */
	INSN_MOVSX,	 /* dst = sign-extended low `size` bytes of src; width */
	INSN_SWAP,	 /* dst = byte-swapped low `size` bytes of dst; op: enum swap_op */
	INSN_LDDW,	 /* dst = imm or what it refers to; op: enum lddw_op; two slots */
	INSN_LDDW_HIGH,	 /* the second slot of the LDDW before it: never executed, never a target */
	INSN_LOAD,	 /* dst = *(size *)(src + off); INSN_SIGNED */
	INSN_STORE,	 /* *(size *)(dst + off) = operand */
	INSN_ATOMIC,	 /* *(size *)(dst + off) OP= src; op: enum atomic_op; INSN_FETCH */
	INSN_LOAD_ACQ,	 /* dst = *(size *)(src + off), acquire */
	INSN_STORE_REL,	 /* *(size *)(dst + off) = src, release */
	INSN_LD_PACKET,	 /* r0 = packet bytes, big endian; INSN_IMM: at imm, else at src + imm;
			    historical */
	INSN_JUMP_IF,	 /* if dst OP operand: goto off; op: enum jump_op; width */
	INSN_JUMP,	 /* goto off */
	INSN_MAY_GOTO,	 /* goto off once the loop budget is used up, else fall through */
	INSN_CALL,	 /* helper `imm` */
	INSN_CALL_LOCAL, /* subprogram at off */
	INSN_CALL_KFUNC, /* function with BTF id `imm` (module index in off); in a prog: index into
			    prog->funcs */
	INSN_CALLX,	 /* helper whose id is in dst */
	INSN_EXIT,
};

enum alu_op {
#define ALU(NAME, name, code, off, group, symbol, expr) ALU_##NAME,
#include "isa/alu.def"
#undef ALU
	ALU_OP_COUNT
};

enum jump_op {
#define JUMP(NAME, name, code, symbol, expr) JUMP_##NAME,
#include "isa/jump.def"
#undef JUMP
	JUMP_OP_COUNT
};

enum atomic_op {
#define ATOMIC(NAME, name, imm, symbol, expr) ATOMIC_##NAME,
#include "isa/atomic.def"
#undef ATOMIC
	ATOMIC_OP_COUNT
};

enum swap_op {
	SWAP_LE, /* to little endian: truncates on a little-endian host */
	SWAP_BE,
	SWAP_ALWAYS, /* bswap */
};

enum lddw_op {
#define LDDW(NAME, src, imm, next, text) LDDW_##NAME,
#include "isa/mem.def"
#undef LDDW
	LDDW_OP_COUNT
};

enum insn_flag {
	INSN_IMM = 1,	 /* the operand is imm, sign-extended to 64 bits; without it, src */
	INSN_SIGNED = 2, /* LOAD sign-extends */
	INSN_FETCH = 4,	 /* ATOMIC: the old value goes to src (CMPXCHG: to r0) */
	INSN_LONG = 8,	 /* JUMP was encoded with its offset in imm (JA32) */
};

/* Fields that a kind does not use are zero. */
struct insn {
	u8 kind;  /* enum insn_kind */
	u8 op;	  /* the kind's op enum */
	u8 width; /* bits of the operation: 32 or 64, where the kind has one */
	u8 size;  /* bytes: 1, 2, 4, 8 */
	u8 flags; /* enum insn_flag */
	u8 dst;
	u8 src;
	u8 pad;
	s32 off; /* memory offset in bytes; jumps and local calls: slots after the next one; LDDW
		  * map values: bytes (as u32); kfunc: module index */
	s32 pad2;
	s64 imm;
};
_Static_assert(sizeof(struct insn) == 24, "arrays of instructions are dense");

/* Slots that the encoding takes: 2 for LDDW, else 1. */
static inline unsigned insn_slots(const struct insn *insn)
{
	return insn->kind == INSN_LDDW ? 2 : 1;
}
