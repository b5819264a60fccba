/* SPDX-License-Identifier: MIT */
/* Mistakes with what pointers lead to. */
#include "gen_bad.h"

/* Loads, stores or adds at reg + off. */
static void access(struct gen *g, u8 bytes, u8 reg, s32 off)
{
	switch (pick(g->c, 3)) {
	case 0: load(g, bytes, (u8)(reg == 0 ? 1 : 0), reg, off, flip(g->c)); break;
	case 1: store_imm(g, bytes, reg, off, 7); break;
	default:
		mov_imm(g, reg == 2 ? 3 : 2, 1);
		store(g, bytes, reg, off, reg == 2 ? 3 : 2);
		break;
	}
}

static void stack_outside(struct gen *g)
{
	u8 bytes = gen_size(g);

	switch (pick(g->c, 4)) {
	case 0: access(g, bytes, BPF_REG_FP, -512 - 1 - (s32)pick(g->c, 8)); break;
	case 1: access(g, bytes, BPF_REG_FP, (s32)pick(g->c, 8)); break;
	case 2: access(g, 8, BPF_REG_FP, -1 - (s32)pick(g->c, 7)); break;
	default:
		bad_index(g, 0, 63);
		alu_reg(g, ALU_ADD, 64, 0, BPF_REG_FP);
		store_imm(g, bytes, 0, -32, 1);
		break;
	}
}

static void stack_unwritten(struct gen *g)
{
	if (flip(g->c)) {
		bad_index(g, 0, 7);
		alu_reg(g, ALU_ADD, 64, 0, BPF_REG_FP);
		load(g, gen_size(g), 1, 0, -400, false);
		return;
	}
	mov_imm(g, 0, 1);
	emit(g, (struct insn){ .kind = INSN_ATOMIC,
			       .size = flip(g->c) ? 8 : 4,
			       .op = (u8)pick(g->c, ATOMIC_CMPXCHG),
			       .dst = BPF_REG_FP,
			       .off = -408 });
}

static void no_memory_there(struct gen *g)
{
	switch (pick(g->c, 4)) {
	case 0: lddw(g, LDDW_MAP, 0, PROGRAM_HASH, 0); break;
	case 1: mov_imm(g, 0, choice_imm(g->c)); break;
	case 2:
		if (g->ctx != NULL && g->ctx->data_end >= 0) {
			load(g, g->dialect == DIALECT_WINDOWS ? 8 : 4, 0, bad_ctx(g, 1),
			     g->ctx->data_end, false);
			break;
		}
		FALLTHROUGH;
	default:
		if (gen_unknown(g) != 0)
			mov(g, 0, gen_unknown(g));
		break;
	}
	load(g, gen_size(g), 0, 0, 0, false);
}

/* An offset of a field of this kind; -1: there is none. */
static s32 field_at(struct gen *g, bool is_scalar, bool is_writable)
{
	u32 from;

	if (g->ctx == NULL || g->ctx->field_count == 0)
		return -1;
	from = pick(g->c, g->ctx->field_count);
	for (u32 i = 0; i < g->ctx->field_count; i++) {
		const struct spec_field *f = &g->ctx->fields[(from + i) % g->ctx->field_count];

		if ((f->kind == FIELD_SCALAR) == is_scalar && f->writable == is_writable)
			return f->off;
	}
	return -1;
}

static void of_ctx(struct gen *g, enum finding_id finding)
{
	u8 ctx = bad_ctx(g, 1);
	s32 size = g->ctx != NULL ? g->ctx->size : 8, at;

	switch (finding) {
	case FINDING_CTX_RANGE:
		at = pick(g->c, 3) == 0 ? -1 - (s32)pick(g->c, 8) : size + (s32)pick(g->c, 40);
		access(g, gen_size(g), ctx, at);
		return;
	case FINDING_CTX_VARIABLE:
		bad_index(g, 0, 4);
		alu_reg(g, ALU_ADD, 64, 0, ctx);
		access(g, 4, 0, (s32)(4 * pick(g->c, 3)));
		return;
	case FINDING_CTX_FIELD:
		/* Between fields, or over the edge of one. */
		at = field_at(g, true, flip(g->c));
		load(g, flip(g->c) ? 8 : 2, 0, ctx, at < 0 ? 76 : at + 1 + (s32)pick(g->c, 3),
		     false);
		return;
	case FINDING_CTX_POINTER:
		at = field_at(g, false, false);
		if (flip(g->c))
			load(g, (u8)(1u << pick(g->c, 2)), 0, ctx, at, false);
		else
			store_imm(g, 4, ctx, at, 1);
		return;
	default: store_imm(g, 4, ctx, field_at(g, true, false), 1); return;
	}
}

/* The packet's start in r0, its end in r1. */
static bool packet(struct gen *g, s32 from)
{
	u8 ctx = bad_ctx(g, BPF_REG_COUNT);

	if (g->ctx == NULL || g->ctx->data < 0 || from < 0 || ctx == BPF_REG_COUNT)
		return false;
	if (ctx < 2) {
		mov(g, 6, ctx);
		ctx = 6;
	}
	load(g, g->dialect == DIALECT_WINDOWS ? 8 : 4, 0, ctx, from, false);
	load(g, g->dialect == DIALECT_WINDOWS ? 8 : 4, 1, ctx,
	     from == g->ctx->data_meta ? g->ctx->data : g->ctx->data_end, false);
	return true;
}

static void of_packet(struct gen *g, enum finding_id finding)
{
	bool is_meta = finding == FINDING_META_RANGE;
	u32 out, room = 1 + pick(g->c, 20), how = pick(g->c, 3);

	if (!packet(g, is_meta ? g->ctx->data_meta : g->ctx->data))
		return;
	if (how == 0 && finding != FINDING_PACKET_READ_ONLY) {
		load(g, gen_size(g), 2, 0, (s32)pick(g->c, 30), false);
		return;
	}
	alu_reg(g, ALU_MOV, 64, 2, 0);
	alu_imm(g, ALU_ADD, 2, room);
	out = jump_reg(g, JUMP_GT, 64, 2, 1);
	if (finding == FINDING_PACKET_READ_ONLY) {
		store_imm(g, 1, 0, (s32)pick(g->c, room), 1);
	} else if (how == 1) {
		load(g, gen_size(g), 2, 0, (s32)room, false);
	} else {
		bad_index(g, 2, 31);
		alu_reg(g, ALU_ADD, 64, 0, 2);
		load(g, 1, 2, 0, (s32)pick(g->c, room), false);
	}
	land(g, out);
}

static void value_outside(struct gen *g)
{
	switch (pick(g->c, 3)) {
	case 0:
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_GLOBAL, 28);
		access(g, 8, 0, -36 * (s32)pick(g->c, 2));
		break;
	case 1:
		bad_lookup_found(g, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY);
		access(g, 8, 0, PROGRAM_VALUE - 7 + (s32)pick(g->c, 8));
		break;
	default:
		bad_index(g, 1, 63);
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_GLOBAL, 0);
		alu_reg(g, ALU_ADD, 64, 0, 1);
		load(g, gen_size(g), 1, 0, 0, false);
		break;
	}
}

static void read_only(struct gen *g)
{
	if (flip(g->c)) {
		lddw(g, LDDW_MAP_VALUE, 0, PROGRAM_CONST, (s32)(8 * pick(g->c, 3)));
		store_imm(g, gen_size(g), 0, 0, 1);
		return;
	}
	/* By a helper, or the compiler's own function. */
	gen_init_memory(g, GEN_BUFFER, 16);
	lddw(g, LDDW_MAP_VALUE, 1, PROGRAM_CONST, 0);
	alu_reg(g, ALU_MOV, 64, 2, BPF_REG_FP);
	alu_imm(g, ALU_ADD, 2, GEN_BUFFER);
	mov_imm(g, 3, 8);
	gen_call_func(g, flip(g->c) ? PROGRAM_MEMCPY : PROGRAM_MEMMOVE);
}

static void misaligned(struct gen *g)
{
	u8 bytes = (u8)(2u << pick(g->c, 3));

	gen_init_memory(g, -16, 16);
	if (flip(g->c)) {
		load(g, bytes, 0, BPF_REG_FP, -15, false);
		return;
	}
	mov_imm(g, 0, 1);
	emit(g, (struct insn){ .kind = INSN_ATOMIC,
			       .size = flip(g->c) ? 8 : 4,
			       .dst = BPF_REG_FP,
			       .off = -14 });
}

static void atomic_target(struct gen *g)
{
	u8 ctx = bad_ctx(g, 1);

	mov_imm(g, 2, 1);
	if (flip(g->c)) {
		emit(g, (struct insn){ .kind = INSN_STORE_REL, .size = 4, .dst = ctx, .src = 2 });
		if (flip(g->c))
			g->out->insns[g->count - 1] = (struct insn){
				.kind = INSN_LOAD_ACQ, .size = 4, .dst = 0, .src = ctx
			};
		return;
	}
	if (flip(g->c)) {
		/* Where an address lies. */
		store(g, 8, BPF_REG_FP, -8, BPF_REG_FP);
		ctx = BPF_REG_FP;
	}
	emit(g, (struct insn){ .kind = INSN_ATOMIC,
			       .size = ctx == BPF_REG_FP ? 8 : 4,
			       .op = (u8)pick(g->c, ATOMIC_CMPXCHG),
			       .dst = ctx,
			       .src = 2,
			       .off = ctx == BPF_REG_FP ? -8 : 0 });
}

/* A field of a socket that is none. */
static void of_socket(struct gen *g)
{
	u8 ctx = bad_ctx(g, 1);
	u32 over;

	load(g, 8, 0, ctx, 168, false);
	over = jump_if(g, JUMP_EQ, 64, 0, 0);
	if (flip(g->c))
		load(g, gen_size(g), 1, 0, 400 + (s32)pick(g->c, 40), false);
	else
		load(g, 8, 1, 0, -4, false);
	land(g, over);
}

static void lock_field(struct gen *g)
{
	bool is_timer = flip(g->c);

	bad_lookup_found(g, is_timer ? PROGRAM_TIMERS : PROGRAM_LOCKS);
	switch (pick(g->c, 3)) {
	case 0: access(g, 4, 0, is_timer ? PROGRAM_TIMER_AT + 4 : PROGRAM_LOCK_AT); break;
	case 1: access(g, 8, 0, PROGRAM_LOCK_AT - (s32)pick(g->c, 4)); break;
	default:
		bad_index(g, 1, 15);
		alu_reg(g, ALU_ADD, 64, 0, 1);
		load(g, 1, 1, 0, 0, false);
		break;
	}
}

/* lint: long-function, one case a finding */
bool bad_memory(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_UNINIT_STACK: stack_unwritten(g); return true;
	case FINDING_NULL_ACCESS:
		bad_lookup(g, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY);
		access(g, gen_size(g), 0, 0);
		return true;
	case FINDING_BAD_ACCESS: no_memory_there(g); return true;
	case FINDING_STACK_RANGE: stack_outside(g); return true;
	case FINDING_CTX_RANGE:
	case FINDING_CTX_VARIABLE:
	case FINDING_CTX_FIELD:
	case FINDING_CTX_POINTER:
	case FINDING_CTX_READ_ONLY: of_ctx(g, finding); return true;
	case FINDING_PACKET_RANGE:
	case FINDING_PACKET_READ_ONLY:
	case FINDING_META_RANGE:
		if (g->ctx != NULL)
			of_packet(g, finding);
		return true;
	case FINDING_MAP_VALUE_RANGE: value_outside(g); return true;
	case FINDING_OBJECT_RANGE: of_socket(g); return true;
	case FINDING_READ_ONLY: read_only(g); return true;
	case FINDING_ALIGNMENT: misaligned(g); return true;
	case FINDING_ATOMIC_TARGET: atomic_target(g); return true;
	case FINDING_LOCK_FIELD: lock_field(g); return true;
	case FINDING_LEGACY_PACKET:
		if (bad_ctx(g, 6) != 6)
			mov(g, 6, bad_ctx(g, 6));
		emit(g, (struct insn){ .kind = INSN_LD_PACKET,
				       .flags = INSN_IMM,
				       .size = (u8)(1u << pick(g->c, 3)),
				       .imm = pick(g->c, 20) });
		return true;
	case FINDING_LEGACY_CTX:
		if (flip(g->c) && g->kinds[6] == K_CTX)
			alu_imm(g, ALU_ADD, 6, 4);
		else
			mov_imm(g, 6, (s64)pick(g->c, 9));
		emit(g, (struct insn){ .kind = INSN_LD_PACKET,
				       .flags = INSN_IMM,
				       .size = (u8)(1u << pick(g->c, 3)) });
		return true;
	default: return false;
	}
}
