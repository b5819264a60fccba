/* SPDX-License-Identifier: MIT */
/* Mistakes with registers and memory. */
#include "gen_bad.h"

u8 bad_ctx(struct gen *g, u8 otherwise)
{
	u8 ctx = gen_holding(g, K_CTX);

	return ctx < BPF_REG_COUNT ? ctx : otherwise;
}

void bad_lookup(struct gen *g, u32 map)
{
	gen_init_memory(g, GEN_KEY, 16);
	alu_reg(g, ALU_MOV, 64, 2, BPF_REG_FP);
	alu_imm(g, ALU_ADD, 2, GEN_KEY);
	lddw(g, LDDW_MAP, 1, map, 0);
	gen_call(g, 1);
	gen_set(g, 0, K_NONE);
}

void bad_lookup_found(struct gen *g, u32 map)
{
	u32 over;

	bad_lookup(g, map);
	over = jump_if(g, JUMP_NE, 64, 0, 0);
	mov_imm(g, 0, 0);
	emit(g, (struct insn){ .kind = INSN_EXIT });
	land(g, over);
	gen_set(g, 0, K_NONE);
}

void bad_index(struct gen *g, u8 reg, s64 mask)
{
	u8 from = gen_unknown(g);

	if (from != reg)
		mov(g, reg, from);
	alu_imm(g, ALU_AND, reg, mask);
}

/* A pointer of some kind. */
static void pointer(struct gen *g, u8 reg)
{
	u8 ctx = bad_ctx(g, BPF_REG_FP);

	switch (pick(g->c, 4)) {
	case 0: lddw(g, LDDW_MAP, reg, PROGRAM_HASH, 0); break;
	case 1: lddw(g, LDDW_MAP_VALUE, reg, PROGRAM_GLOBAL, 0); break;
	case 2: alu_reg(g, ALU_MOV, 64, reg, ctx); break;
	default: alu_reg(g, ALU_MOV, 64, reg, BPF_REG_FP); break;
	}
	gen_set(g, reg, K_NONE);
}

static void written_frame_pointer(struct gen *g)
{
	switch (pick(g->c, 5)) {
	case 0: alu_imm(g, ALU_ADD, BPF_REG_FP, -8); break;
	case 1: alu_imm(g, ALU_MOV, BPF_REG_FP, 8); break;
	case 2:
		store_imm(g, 8, BPF_REG_FP, -8, 0);
		emit(g, (struct insn){ .kind = INSN_LOAD,
				       .size = 8,
				       .dst = BPF_REG_FP,
				       .src = BPF_REG_FP,
				       .off = -8 });
		break;
	case 3:
		mov_imm(g, 0, 3);
		alu_reg(g, ALU_ADD, 64, BPF_REG_FP, 0);
		break;
	default: emit(g, (struct insn){ .kind = INSN_NEG, .width = 64, .dst = BPF_REG_FP }); break;
	}
}

/* An address in an atomic operation, or as a place in a packet. */
static void no_number(struct gen *g)
{
	u32 what = pick(g->c, 3);

	if (what == 2 && g->kinds[6] == K_CTX) {
		emit(g, (struct insn){
				.kind = INSN_LD_PACKET, .size = 1, .src = BPF_REG_FP, .imm = 4 });
		return;
	}
	store_imm(g, 8, BPF_REG_FP, -8, 0);
	pointer(g, 0);
	if (what == 1)
		mov_imm(g, 1, 1);
	emit(g, (struct insn){ .kind = INSN_ATOMIC,
			       .size = 8,
			       .op = what == 1 ? ATOMIC_CMPXCHG : (u8)pick(g->c, ATOMIC_CMPXCHG),
			       .flags = what == 1 ? INSN_FETCH : 0,
			       .dst = BPF_REG_FP,
			       .src = what == 1 ? 1 : 0,
			       .off = -8 });
}

static void compared(struct gen *g)
{
	switch (pick(g->c, 4)) {
	case 0: jump_reg(g, JUMP_GT, 64, BPF_REG_FP, bad_ctx(g, 6)); break;
	case 1: jump_if(g, (enum jump_op)pick(g->c, JUMP_OP_COUNT), 64, BPF_REG_FP, 7777); break;
	case 2: jump_reg(g, JUMP_EQ, 64, gen_unknown(g), BPF_REG_FP); break;
	default:
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_GLOBAL, 0);
		jump_reg(g, JUMP_LT, flip(g->c) ? 64 : 32, 0, BPF_REG_FP);
		break;
	}
}

static void leaked(struct gen *g)
{
	u32 what = pick(g->c, 4);

	pointer(g, 0);
	switch (what) {
	case 0:
		lddw(g, LDDW_MAP_VALUE, 1, PROGRAM_GLOBAL, 0);
		store(g, flip(g->c) ? 8 : 4, 1, 0, 0);
		break;
	case 1:
	case 2:
		/* In a key, or as a number that a helper may have. */
		gen_init_memory(g, GEN_KEY, 16);
		gen_init_memory(g, GEN_BUFFER, 16);
		store(g, 8, BPF_REG_FP, what == 1 ? GEN_KEY : GEN_BUFFER, 0);
		if (what == 2)
			mov_imm(g, 0, 0);
		alu_reg(g, ALU_MOV, 64, 2, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 2, GEN_KEY);
		alu_reg(g, ALU_MOV, 64, 3, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 3, GEN_BUFFER);
		alu_reg(g, ALU_MOV, 64, 4, 0);
		lddw(g, LDDW_MAP, 1, PROGRAM_HASH, 0);
		gen_call(g, 2);
		break;
	default:
		bad_lookup_found(g, PROGRAM_HASH);
		store(g, 8, 0, 0, BPF_REG_FP);
		break;
	}
}

static void partly_stored(struct gen *g)
{
	u8 bytes = (u8)(1u << pick(g->c, 3));

	pointer(g, 0);
	if (flip(g->c)) {
		store(g, bytes, BPF_REG_FP, -8, 0);
		return;
	}
	gen_init_memory(g, -16, 16);
	alu_reg(g, ALU_MOV, 64, 1, BPF_REG_FP);
	bad_index(g, 2, 8);
	alu_reg(g, ALU_ADD, 64, 1, 2);
	pointer(g, 0);
	store(g, 8, 1, -16, 0);
}

static void computed(struct gen *g)
{
	static const enum alu_op ops[] = { ALU_MUL, ALU_AND, ALU_OR,  ALU_XOR,
					   ALU_LSH, ALU_RSH, ALU_DIV, ALU_MOD };

	pointer(g, 0);
	switch (pick(g->c, 4)) {
	case 0: emit(g, (struct insn){ .kind = INSN_NEG, .width = 64 }); break;
	case 1: emit(g, (struct insn){ .kind = INSN_SWAP, .op = SWAP_BE, .size = 8 }); break;
	case 2: emit(g, (struct insn){ .kind = INSN_MOVSX, .width = 64, .size = 4 }); break;
	default: alu_imm(g, ops[pick(g->c, ARRAY_COUNT(ops))], 0, 3); break;
	}
}

static void never_written(struct gen *g)
{
	switch (pick(g->c, 3)) {
	case 0:
		bad_lookup(g, PROGRAM_HASH);
		mov(g, 0, (u8)(1 + pick(g->c, 5)));
		break;
	case 1:
		load(g, 8, 0, BPF_REG_FP, -504, false);
		alu_imm(g, ALU_ADD, 0, 1);
		break;
	default:
		store_imm(g, 4, BPF_REG_FP, -504, 1);
		load(g, 8, 0, BPF_REG_FP, -504, false);
		store(g, 8, BPF_REG_FP, -8, 0);
		break;
	}
}

bool bad_value(struct gen *g, enum finding_id finding)
{
	static const enum alu_op divisions[] = { ALU_DIV, ALU_MOD, ALU_SDIV, ALU_SMOD };
	u8 width = flip(g->c) ? 64 : 32;

	switch (finding) {
	case FINDING_UNINIT_REG: never_written(g); return true;
	case FINDING_FRAME_POINTER: written_frame_pointer(g); return true;
	case FINDING_NOT_NUMBER: no_number(g); return true;
	case FINDING_POINTER_ALU: computed(g); return true;
	case FINDING_POINTER_ALU_32:
		pointer(g, 0);
		alu_imm(g, flip(g->c) ? ALU_ADD : ALU_SUB, 0, -8);
		g->out->insns[g->count - 1].width = 32;
		if (flip(g->c))
			g->out->insns[g->count - 1] =
				(struct insn){ .kind = INSN_ALU, .op = ALU_MOV, .width = 32 };
		return true;
	case FINDING_POINTER_NULL_ALU:
		bad_lookup(g, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY);
		alu_imm(g, flip(g->c) ? ALU_ADD : ALU_SUB, 0, 4);
		return true;
	case FINDING_POINTER_SUB:
		alu_reg(g, ALU_MOV, 64, 0, BPF_REG_FP);
		lddw(g, LDDW_MAP_VALUE, 1, flip(g->c) ? PROGRAM_GLOBAL : PROGRAM_CONST, 0);
		alu_reg(g, ALU_SUB, 64, flip(g->c), flip(g->c));
		g->out->insns[g->count - 1].src = !g->out->insns[g->count - 1].dst;
		return true;
	case FINDING_POINTER_COMPARE: compared(g); return true;
	case FINDING_POINTER_LEAK: leaked(g); return true;
	case FINDING_POINTER_SPILL: partly_stored(g); return true;
	case FINDING_DIVISION_BY_ZERO:
		bad_index(g, 1, 255);
		mov_imm(g, 0, 100);
		alu_reg(g, divisions[pick(g->c, 4)], width, 0, 1);
		return true;
	default: return false;
	}
}
