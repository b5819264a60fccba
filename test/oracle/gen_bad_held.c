/* SPDX-License-Identifier: MIT */
/* Mistakes with what has to be given back, with locks and callbacks. */
#include "gen_bad.h"

#define RING 9

/* r7 and r0: a record of 16 bytes. */
static void reserve(struct gen *g)
{
	u32 out;

	lddw(g, LDDW_MAP, 1, RING, 0);
	mov_imm(g, 2, 16);
	mov_imm(g, 3, 0);
	gen_call(g, 131);
	gen_set(g, 0, K_NONE);
	mov(g, 7, 0);
	out = jump_if(g, JUMP_NE, 64, 0, 0);
	mov_imm(g, 0, 0);
	emit(g, (struct insn){ .kind = INSN_EXIT });
	land(g, out);
}

static void submit(struct gen *g)
{
	alu_reg(g, ALU_MOV, 64, 1, 7);
	mov_imm(g, 2, 0);
	gen_call(g, flip(g->c) ? 132 : 133);
}

static void at_frame(struct gen *g, u8 reg, s32 off)
{
	alu_reg(g, ALU_MOV, 64, reg, BPF_REG_FP);
	alu_imm(g, ALU_ADD, reg, off);
	gen_set(g, reg, K_OTHER);
}

static void iterator(struct gen *g, enum program_func func)
{
	if (func == PROGRAM_ITER_NEW) {
		mov_imm(g, 2, 0);
		mov_imm(g, 3, 9);
	}
	at_frame(g, 1, GEN_ITER);
	gen_call_func(g, func);
	gen_set(g, 0, K_NONE);
}

/* r7: a value that has a lock. */
static void locked(struct gen *g, u32 times)
{
	bad_lookup_found(g, flip(g->c) ? PROGRAM_LOCKS : PROGRAM_TIMERS);
	mov(g, 7, 0);
	for (u32 i = 0; i < times; i++) {
		alu_reg(g, ALU_MOV, 64, 1, 7);
		alu_imm(g, ALU_ADD, 1, PROGRAM_LOCK_AT);
		gen_call(g, 93);
	}
}

static void unlock(struct gen *g, u8 value)
{
	alu_reg(g, ALU_MOV, 64, 1, value);
	alu_imm(g, ALU_ADD, 1, PROGRAM_LOCK_AT);
	gen_call(g, 94);
}

static void of_lock(struct gen *g, enum finding_id finding)
{
	u32 what = pick(g->c, 3);

	switch (finding) {
	case FINDING_LOCK_TWICE: locked(g, 2); break;
	case FINDING_LOCK_NOT_HELD:
		if (what == 0) {
			/* Of another value. */
			bad_lookup_found(g, PROGRAM_LOCKS);
			mov(g, 8, 0);
			locked(g, 1);
			unlock(g, 8);
			break;
		}
		locked(g, 0);
		unlock(g, 7);
		break;
	case FINDING_LOCK_HELD:
		locked(g, 1);
		if (what == 0)
			gen_call(g, 7);
		else if (what == 1)
			gen_call_func(g, PROGRAM_MEMSET);
		mov_imm(g, 0, 0);
		emit(g, (struct insn){ .kind = INSN_EXIT });
		break;
	default:
		/* No lock at that place. */
		bad_lookup_found(g, what == 0 ? PROGRAM_HASH : PROGRAM_LOCKS);
		alu_reg(g, ALU_MOV, 64, 1, 0);
		alu_imm(g, ALU_ADD, 1, what == 1 ? 0 : PROGRAM_LOCK_AT + 4);
		gen_call(g, 93);
		break;
	}
}

static void of_timer(struct gen *g)
{
	bad_lookup_found(g, PROGRAM_TIMERS);
	alu_reg(g, ALU_MOV, 64, 1, 0);
	alu_imm(g, ALU_ADD, 1, PROGRAM_TIMER_AT);
	lddw(g, LDDW_MAP, 2, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY, 0);
	mov_imm(g, 3, 1);
	gen_call(g, 169);
}

static void record_outside(struct gen *g)
{
	u8 bytes = gen_size(g);

	reserve(g);
	if (flip(g->c)) {
		load(g, bytes, 0, 7, 16 - bytes + 1 + (s32)pick(g->c, 8), false);
	} else {
		bad_index(g, 0, 31);
		alu_reg(g, ALU_ADD, 64, 0, 7);
		store_imm(g, bytes, 0, 0, 1);
	}
	submit(g);
}

static void not_acquired(struct gen *g)
{
	switch (pick(g->c, 4)) {
	case 0:
		lddw(g, LDDW_MAP_VALUE, 7, PROGRAM_GLOBAL, 0);
		submit(g);
		break;
	case 1: iterator(g, PROGRAM_ITER_NEXT); break;
	case 2: iterator(g, PROGRAM_ITER_DESTROY); break;
	default:
		iterator(g, PROGRAM_ITER_NEW);
		iterator(g, PROGRAM_ITER_DESTROY);
		iterator(g, PROGRAM_ITER_DESTROY);
		break;
	}
}

static void not_given_back(struct gen *g)
{
	if (flip(g->c))
		reserve(g);
	else
		iterator(g, PROGRAM_ITER_NEW);
	mov_imm(g, 0, 0);
	emit(g, (struct insn){ .kind = INSN_EXIT });
}

static void too_many(struct gen *g)
{
	bool is_iterator = flip(g->c);

	for (s32 i = 0; i < 17; i++) {
		if (!is_iterator) {
			reserve(g);
			continue;
		}
		mov_imm(g, 2, 0);
		mov_imm(g, 3, 9);
		at_frame(g, 1, GEN_ITER - 8 * i);
		gen_call_func(g, PROGRAM_ITER_NEW);
	}
}

/* bpf_loop(3, function, r10 - 16, 0) */
static void loop_of(struct gen *g, enum bad_body body)
{
	u32 callee = g->subprog_count;

	if (callee == PROGRAM_SUBPROGS || g->call_count == PROGRAM_CALLS)
		return;
	g->subprog_count++;
	g->bodies[callee] = (u8)body;
	g->callbacks[callee] = ARG_FUNC_LOOP;
	mov_imm(g, 1, 3);
	g->calls[g->call_count] = g->count;
	g->call_subprogs[g->call_count++] = (u8)callee;
	lddw(g, LDDW_CODE, 2, 0, 0);
	at_frame(g, 3, -16);
	if (body == BODY_TAIL_CALL && g->kinds[6] == K_CTX)
		alu_reg(g, ALU_MOV, 64, 3, 6);
	mov_imm(g, 4, 0);
	gen_call(g, 181);
}

static void of_callback(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_CALLBACK:
		mov_imm(g, 1, 3);
		if (flip(g->c))
			mov_imm(g, 2, (s64)pick(g->c, 99));
		else
			lddw(g, LDDW_MAP, 2, PROGRAM_HASH, 0);
		mov_imm(g, 3, 0);
		mov_imm(g, 4, 0);
		gen_call(g, 181);
		break;
	case FINDING_CALLBACK_REFERENCE:
		if (flip(g->c)) {
			at_frame(g, 1, -16);
			mov_imm(g, 2, 0);
			mov_imm(g, 3, 9);
			gen_call_func(g, PROGRAM_ITER_NEW);
			loop_of(g, flip(g->c) ? BODY_DESTROY : BODY_NONE);
			at_frame(g, 1, -16);
			gen_call_func(g, PROGRAM_ITER_DESTROY);
			break;
		}
		reserve(g);
		store(g, 8, BPF_REG_FP, -16, 7);
		loop_of(g, BODY_NONE);
		submit(g);
		break;
	case FINDING_CALLBACK_SLEEP:
		g->out->prog.section = "fentry.s/x";
		loop_of(g, BODY_SLEEP);
		break;
	case FINDING_TAIL_CALL_PLACE:
		if (flip(g->c)) {
			loop_of(g, BODY_TAIL_CALL);
			break;
		}
		reserve(g);
		alu_reg(g, ALU_MOV, 64, 1, bad_ctx(g, 6));
		lddw(g, LDDW_MAP, 2, 12, 0);
		mov_imm(g, 3, 0);
		gen_call(g, 12);
		submit(g);
		break;
	default: loop_of(g, BODY_TWO); break;
	}
}

bool bad_held(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_LOCK_TWICE:
	case FINDING_LOCK_NOT_HELD:
	case FINDING_LOCK_HELD:
	case FINDING_ARG_FIELD: of_lock(g, finding); return true;
	case FINDING_ARG_MAP_MISMATCH: of_timer(g); return true;
	case FINDING_MEM_RANGE: record_outside(g); return true;
	case FINDING_ARG_NOT_ACQUIRED: not_acquired(g); return true;
	case FINDING_REFERENCE_OFFSET:
		reserve(g);
		alu_imm(g, ALU_ADD, 7, 1 + (s64)pick(g->c, 8));
		submit(g);
		return true;
	case FINDING_LEAKED_REFERENCE: not_given_back(g); return true;
	case FINDING_TOO_MANY_REFS: too_many(g); return true;
	case FINDING_CALLBACK:
	case FINDING_CALLBACK_RETURN:
	case FINDING_CALLBACK_REFERENCE:
	case FINDING_CALLBACK_SLEEP:
	case FINDING_TAIL_CALL_PLACE: of_callback(g, finding); return true;
	case FINDING_SLEEP:
		at_frame(g, 1, -16);
		mov_imm(g, 2, 8);
		mov_imm(g, 3, 0);
		gen_call(g, 148);
		return true;
	default: return false;
	}
}
