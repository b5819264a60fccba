/* SPDX-License-Identifier: MIT */
/* Sockets that a context has: looked at, asked for others, with storage of their own. */
#include "gen.h"

#define STORAGE 23 /* the map */

/* Where the context has a socket; NULL: nowhere. */
static const struct spec_field *socket_field(const struct gen *g)
{
	for (u32 i = 0; g->ctx != NULL && i < g->ctx->field_count; i++) {
		const struct spec_field *f = &g->ctx->fields[i];

		if (f->kind == FIELD_POINTER &&
		    (f->gives == RET_SOCK_OR_NULL || f->gives == RET_SOCK_COMMON_OR_NULL))
			return f;
	}
	return NULL;
}

/* Fields that all kinds of sockets have. */
static void use_socket(struct gen *g, u8 reg)
{
	load(g, 4, (u8)(1 + pick(g->c, 5)), reg, 4 * (s32)pick(g->c, 3), flip(g->c));
}

/* A socket by way of another one, in sk. */
static void ask(struct gen *g, u8 sk)
{
	static const u8 ids[] = { 95, 96, 98, 136, 137, 138, 139, 140, 178, 196 };
	u32 id = ids[pick(g->c, ARRAY_COUNT(ids))], out;

	if (!gen_may_call(g, id))
		return;
	alu_reg(g, ALU_MOV, 64, 1, sk);
	gen_call(g, id);
	gen_set(g, 0, K_NONE);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	if (id <= 98)
		use_socket(g, 0);
	land(g, out);
	for (u8 reg = 0; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
}

static void storage(struct gen *g, u8 sk)
{
	u32 out;

	if (!gen_may_call(g, 107) || STORAGE >= g->out->prog.map_count)
		return;
	if (flip(g->c)) {
		gen_init_memory(g, GEN_BUFFER, PROGRAM_VALUE);
		alu_reg(g, ALU_MOV, 64, 3, BPF_REG_FP);
		alu_imm(g, ALU_ADD, 3, GEN_BUFFER);
	} else {
		mov_imm(g, 3, 0);
	}
	alu_reg(g, ALU_MOV, 64, 2, sk);
	lddw(g, LDDW_MAP, 1, STORAGE, 0);
	mov_imm(g, 4, 1);
	gen_call(g, 107);
	gen_set(g, 0, K_NONE);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	store_imm(g, 8, 0, 8 * (s32)pick(g->c, 2), choice_imm(g->c));
	land(g, out);
}

/* One that others get, or none. */
static void assign(struct gen *g, u8 ctx)
{
	if (!gen_may_call(g, 124) || g->type->number != 30)
		return;
	alu_reg(g, ALU_MOV, 64, 1, ctx);
	mov_imm(g, 2, 0);
	mov_imm(g, 3, 0);
	gen_call(g, 124);
}

void gen_socket(struct gen *g)
{
	const struct spec_field *field = socket_field(g);
	u8 ctx = gen_holding(g, K_CTX), sk = gen_saved(g);
	struct gen_saved_state before;
	u32 out;

	if (!gen_args_free(g) || g->dialect != DIALECT_LINUX || g->is_plain || ctx < 6 || ctx > 9)
		return;
	assign(g, ctx);
	if (field == NULL || sk == BPF_REG_COUNT || sk == ctx)
		return;
	load(g, 8, sk, ctx, field->off, false);
	gen_set(g, sk, K_NONE);
	before = gen_save(g);
	out = jump_if(g, JUMP_EQ, 64, sk, 0);
	gen_reveal(g, 2, sk, 16);
	if (flip(g->c))
		use_socket(g, sk);
	for (u32 i = pick(g->c, 3); i > 0; i--)
		ask(g, sk);
	if (flip(g->c))
		storage(g, sk);
	land(g, out);
	gen_meet(g, &before);
	for (u8 reg = 0; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	mov_imm(g, 0, 0);
}
