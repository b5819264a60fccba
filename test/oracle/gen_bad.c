/* SPDX-License-Identifier: MIT */
/* What a verifier has to find: mistakes of each kind, and instructions changed at random. */
#include "gen.h"

static u8 ctx_or(struct gen *g, u8 reg)
{
	u8 ctx = gen_holding(g, K_CTX);

	return ctx < BPF_REG_COUNT ? ctx : reg;
}

static void lookup(struct gen *g, u32 map)
{
	gen_init_memory(g, GEN_KEY, 16);
	alu_reg(g, ALU_MOV, 64, 2, BPF_REG_FP);
	alu_imm(g, ALU_ADD, 2, GEN_KEY);
	lddw(g, LDDW_MAP, 1, map, 0);
	gen_call(g, 1);
}

static void of_registers(struct gen *g, u32 what)
{
	switch (what) {
	case 0:
		mov(g, 0, 5);
		alu_imm(g, ALU_ADD, 4, 1);
		break;
	case 1:
		load(g, 8, 0, BPF_REG_FP, -504, false);
		alu_imm(g, ALU_ADD, 0, 1);
		break;
	case 2: alu_imm(g, ALU_ADD, BPF_REG_FP, -8); break;
	case 3:
		mov_imm(g, 0, 3);
		alu_reg(g, ALU_ADD, 64, BPF_REG_FP, 0);
		break;
	case 4: load(g, 4, 0, 0, 0, false); break;
	case 5:
		mov(g, 0, BPF_REG_FP);
		alu_imm(g, ALU_MUL, 0, 2);
		break;
	case 6:
		mov(g, 0, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 0, -8);
		g->out->insns[g->count - 1].width = 32;
		break;
	case 7:
		mov(g, 0, BPF_REG_FP);
		alu_reg(g, ALU_ADD, 64, 0, gen_unknown(g));
		break;
	case 8:
		mov(g, 0, BPF_REG_FP);
		alu_reg(g, ALU_SUB, 64, 0, ctx_or(g, 1));
		break;
	case 9: jump_reg(g, JUMP_GT, 64, BPF_REG_FP, ctx_or(g, 1)); break;
	case 10:
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_GLOBAL, 0);
		store(g, 8, 0, 0, BPF_REG_FP);
		break;
	case 11: store(g, 4, BPF_REG_FP, -8, BPF_REG_FP); break;
	default: emit(g, (struct insn){ .kind = INSN_NEG, .width = 64, .dst = BPF_REG_FP }); break;
	}
}

/* lint: long-function, one case a mistake */
static void of_memory(struct gen *g, u32 what)
{
	u8 ctx = ctx_or(g, 1);

	switch (what) {
	case 0:
		lookup(g, PROGRAM_HASH);
		load(g, 8, 0, 0, 0, false);
		break;
	case 1:
		lookup(g, PROGRAM_HASH);
		alu_imm(g, ALU_ADD, 0, 4);
		break;
	case 2:
		lddw(g, LDDW_MAP, 0, 0, 0);
		load(g, 4, 0, 0, 0, false);
		break;
	case 3: store_imm(g, 8, BPF_REG_FP, -516, 0); break;
	case 4: load(g, 4, 0, ctx, 2000, false); break;
	case 5:
		mov(g, 0, ctx);
		alu_reg(g, ALU_ADD, 64, 0, gen_unknown(g));
		load(g, 4, 0, 0, 0, false);
		break;
	case 6:
		load(g, 8, 0, ctx, g->ctx != NULL && g->ctx->data >= 0 ? g->ctx->data - 4 : 3,
		     false);
		break;
	case 7:
		store_imm(g, 4, ctx, g->ctx != NULL && g->ctx->data >= 0 ? g->ctx->data : 0, 7);
		break;
	case 8:
		load(g, 2, 0, ctx, g->ctx != NULL && g->ctx->data >= 0 ? g->ctx->data : 0, false);
		break;
	case 9:
	case 10:
		if (g->ctx == NULL || g->ctx->data < 0)
			break;
		load(g, g->dialect == DIALECT_WINDOWS ? 8 : 4, 0, ctx,
		     what == 9 || g->ctx->data_meta < 0 ? g->ctx->data : g->ctx->data_meta, false);
		load(g, 1, 0, 0, 4, false);
		break;
	case 11:
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_GLOBAL, 28);
		load(g, 8, 0, 0, 0, false);
		break;
	case 12:
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_CONST, 0);
		store_imm(g, 8, 0, 0, 1);
		break;
	case 13:
	case 14:
		store_imm(g, 8, BPF_REG_FP, -8, 0);
		store_imm(g, 8, BPF_REG_FP, -16, 0);
		mov_imm(g, 0, 1);
		emit(g, (struct insn){ .kind = INSN_ATOMIC,
				       .size = 8,
				       .dst = what == 13 ? BPF_REG_FP : ctx,
				       .off = what == 13 ? -12 : 0 });
		break;
	case 15:
		emit(g, (struct insn){ .kind = INSN_LD_PACKET, .flags = INSN_IMM, .size = 4 });
		break;
	case 16: lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_HASH, 0); break;
	default:
		mov_imm(g, 6, 0);
		emit(g, (struct insn){ .kind = INSN_LD_PACKET, .flags = INSN_IMM, .size = 4 });
		break;
	}
}

/* Records of ring buffers. */
static void of_records(struct gen *g, u32 what)
{
	u32 out, ring = gen_map_of(g, MAPS_RINGBUF);

	for (u32 i = 0; i < (what == 5 ? 17u : 1u); i++) {
		lddw(g, LDDW_MAP, 1, ring % g->out->prog.map_count, 0);
		mov_imm(g, 2, 16);
		if (what == 0)
			mov(g, 2, gen_unknown(g));
		mov_imm(g, 3, 0);
		gen_call(g, 131);
		mov(g, 6, 0);
		out = jump_if(g, JUMP_NE, 64, 0, 0);
		mov_imm(g, 0, 0);
		emit(g, (struct insn){ .kind = INSN_EXIT });
		land(g, out);
	}
	if (what == 1) {
		load(g, 8, 0, 6, 12, false);
		return;
	}
	if (what == 2)
		alu_imm(g, ALU_ADD, 6, 8);
	for (u32 i = 0; i < (what == 3 ? 2u : what == 4 ? 0u : 1u); i++) {
		alu_reg(g, ALU_MOV, 64, 1, 6);
		mov_imm(g, 2, 0);
		gen_call(g, 132);
	}
	if (what == 6)
		load(g, 8, 0, 6, 0, false);
}

static void of_calls(struct gen *g, u32 what)
{
	u8 ctx = ctx_or(g, 6);

	switch (what) {
	case 0: gen_call(g, 9999); break;
	case 1: gen_call(g, 0xbad2310); break;
	case 2:
		mov(g, 1, ctx);
		lddw(g, LDDW_MAP, 2, PROGRAM_HASH, 0);
		mov_imm(g, 3, 0);
		gen_call(g, g->dialect == DIALECT_WINDOWS ? 5 : 12);
		break;
	case 3:
		mov_imm(g, 1, 0);
		mov_imm(g, 2, 0);
		gen_call(g, 1);
		break;
	case 4:
	case 5:
		alu_reg(g, ALU_MOV, 64, 2, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 2, what == 4 ? -500 : -2);
		lddw(g, LDDW_MAP, 1, PROGRAM_HASH, 0);
		gen_call(g, 1);
		break;
	case 6:
	case 7:
	case 8:
		alu_reg(g, ALU_MOV, 64, 1, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 1, GEN_BUFFER);
		gen_init_memory(g, GEN_BUFFER, GEN_BUFFER_SIZE);
		if (what == 6)
			mov(g, 2, gen_unknown(g));
		else
			mov_imm(g, 2, what == 7 ? 0 : 5000);
		for (u8 reg = 3; reg < 6; reg++)
			mov_imm(g, reg, 0);
		gen_call(g, g->dialect == DIALECT_WINDOWS ? 12 : 6);
		break;
	case 9: emit(g, (struct insn){ .kind = INSN_CALLX, .dst = gen_unknown(g) }); break;
	case 10:
		lookup(g, PROGRAM_HASH);
		alu_reg(g, ALU_MOV, 64, 2, 0);
		lddw(g, LDDW_MAP, 1, PROGRAM_HASH, 0);
		gen_call(g, 1);
		break;
	case 11:
		mov_imm(g, 1, 3);
		mov_imm(g, 2, 0);
		mov_imm(g, 3, 0);
		mov_imm(g, 4, 0);
		gen_call(g, 181);
		break;
	case 12:
		mov(g, 1, ctx);
		alu_imm(g, ALU_ADD, 1, 4);
		lddw(g, LDDW_MAP, 2, 12 % g->out->prog.map_count, 0);
		mov_imm(g, 3, 0);
		gen_call(g, g->dialect == DIALECT_WINDOWS ? 5 : 12);
		break;
	default: emit(g, (struct insn){ .kind = INSN_CALL_KFUNC, .imm = 0 }); break;
	}
}

static void of_control(struct gen *g, u32 what)
{
	u32 head = g->count;

	switch (what) {
	case 0: jump_back(g, jump_if(g, JUMP_NE, 64, gen_unknown(g), 77), head); break;
	case 1:
		mov_imm(g, 6, 0);
		head = g->count;
		alu_imm(g, ALU_ADD, 6, 1);
		mov_imm(g, 7, 0);
		alu_imm(g, ALU_ADD, 7, 1);
		jump_back(g, jump_if(g, JUMP_LT, 64, 7, INT32_MAX), g->count - 1);
		jump_back(g, jump_if(g, JUMP_LT, 64, 6, INT32_MAX), head);
		break;
	case 2: emit(g, (struct insn){ .kind = INSN_EXIT }); break;
	case 3:
		mov_imm(g, 0, INT32_MAX);
		emit(g, (struct insn){ .kind = INSN_EXIT });
		break;
	case 4:
		mov(g, 0, BPF_REG_FP);
		emit(g, (struct insn){ .kind = INSN_EXIT });
		break;
	case 5: gen_call(g, 1); break;
	default: emit(g, (struct insn){ .kind = INSN_JUMP, .off = -1 }); break;
	}
}

void gen_mistake(struct gen *g)
{
	if (!gen_args_free(g))
		return;
	g->has_mistake = true;
	switch (pick(g->c, 5)) {
	case 0: of_registers(g, pick(g->c, 13)); break;
	case 1: of_memory(g, pick(g->c, 18)); break;
	case 2: of_calls(g, pick(g->c, 14)); break;
	case 3:
		if (g->dialect == DIALECT_LINUX && g->loops == 0)
			of_records(g, pick(g->c, 7));
		break;
	default: of_control(g, pick(g->c, 7)); break;
	}
	gen_set(g, 0, K_NONE);
}

void gen_bad(struct gen *g)
{
	struct insn *insn = &g->out->insns[pick(g->c, g->count)];
	static const s32 steps[] = { -8, -4, -1, 1, 2, 4, 8, 16 };

	if (insn->kind == INSN_LDDW_HIGH || insn->kind == INSN_CALL_LOCAL)
		return;
	switch (pick(g->c, 7)) {
	case 0:
		if (insn->kind == INSN_LOAD || insn->kind == INSN_STORE)
			insn->off += steps[pick(g->c, ARRAY_COUNT(steps))];
		else
			insn->imm += (insn->flags & INSN_IMM) != 0 ? steps[pick(g->c, 8)] : 0;
		break;
	case 1:
		if ((insn->flags & INSN_IMM) != 0)
			insn->imm = choice_imm(g->c);
		break;
	case 2:
		if (insn->kind == INSN_JUMP_IF)
			insn->op = (u8)pick(g->c, JUMP_OP_COUNT);
		else if (insn->kind == INSN_ALU)
			insn->op = (u8)pick(g->c, ALU_OP_COUNT);
		break;
	case 3:
		if (insn->kind != INSN_EXIT && insn->kind != INSN_JUMP)
			insn->dst = (u8)pick(g->c, 11);
		break;
	case 4:
		if ((insn->flags & INSN_IMM) == 0 &&
		    (insn->kind == INSN_ALU || insn->kind == INSN_STORE || insn->kind == INSN_LOAD))
			insn->src = (u8)pick(g->c, 11);
		break;
	case 5:
		if (insn->kind == INSN_ALU || insn->kind == INSN_JUMP_IF)
			insn->width = insn->width == 32 ? 64 : 32;
		break;
	default:
		if (insn->kind != INSN_LDDW && insn->kind != INSN_EXIT && insn->kind != INSN_JUMP)
			*insn = (struct insn){ .kind = INSN_ALU,
					       .op = ALU_MOV,
					       .width = 64,
					       .dst = (u8)pick(g->c, 10),
					       .src = (u8)pick(g->c, 10) };
		break;
	}
}
