/* SPDX-License-Identifier: MIT */
/* What has a beginning and an end: iterators, locks, timers; and the compiler's own functions. */
#include "gen.h"

static void at_frame(struct gen *g, u8 reg, s32 off)
{
	alu_reg(g, ALU_MOV, 64, reg, BPF_REG_FP);
	alu_imm(g, ALU_ADD, reg, off);
	gen_set(g, reg, K_OTHER);
}

/* One end of the numbers that an iterator goes through. */
static void limit(struct gen *g, u8 reg, s64 small)
{
	u8 from = gen_holding(g, K_NUMBER);

	if (from < 6 || from > 9 || !rarely(g, 3)) {
		mov_imm(g, reg, rarely(g, 8) ? choice_imm(g->c) : small);
		return;
	}
	mov(g, reg, from);
	if (flip(g->c))
		alu_imm(g, ALU_AND, reg, small);
}

/* What an element is good for. */
static void use_element(struct gen *g)
{
	u8 dst = gen_target(g);

	if (flip(g->c) || is_locked(g, dst))
		return;
	load(g, (u8)(1u << pick(g->c, 3)), dst, 0, 0, flip(g->c));
	gen_set(g, 0, K_NONE);
	if (dst == 0)
		gen_set(g, 0, K_NUMBER);
}

/* for (each number): made, asked for the next one until there is none, done away with. */
void gen_iterator(struct gen *g)
{
	s32 at = GEN_ITER - 8 * (s32)g->loops;
	u32 head, out, back;
	u16 locked = g->locked;
	struct gen_saved_state before;

	if (!gen_args_free(g) || g->dialect != DIALECT_LINUX || g->is_plain || g->loops >= 2)
		return;
	limit(g, 2, rarely(g, 4) ? -3 : 0);
	limit(g, 3, 1 + (s64)pick(g->c, g->loops == 0 ? 20 : 4));
	at_frame(g, 1, at);
	gen_call_func(g, PROGRAM_ITER_NEW);
	for (u8 reg = 0; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	before = gen_loop_enter(g);
	g->held++;
	g->iterators++;
	head = g->count;
	at_frame(g, 1, at);
	gen_call_func(g, PROGRAM_ITER_NEXT);
	gen_set(g, 0, K_NONE);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	use_element(g);
	gen_block(g, g->loops > 1 ? 1 : 3);
	gen_loop_leave(g, &before);
	back = jump(g);
	jump_back(g, back, head);
	land(g, out);
	gen_meet(g, &before);
	at_frame(g, 1, at);
	gen_call_func(g, PROGRAM_ITER_DESTROY);
	gen_set(g, 0, K_NONE);
	g->held--;
	g->iterators--;
	g->locked = locked;
}

static void part_of(struct gen *g, u8 reg, u8 value, s32 off)
{
	alu_reg(g, ALU_MOV, 64, reg, value);
	alu_imm(g, ALU_ADD, reg, off);
	gen_set(g, reg, K_OTHER);
}

/* Between lock and unlock the value is used, and nothing is called. */
static void locked_use(struct gen *g, u8 value)
{
	u16 locked = g->locked;

	part_of(g, 1, value, PROGRAM_LOCK_AT);
	gen_call(g, 93);
	gen_set(g, 0, K_NONE);
	g->locked |= (u16)(1u << value);
	for (u32 i = pick(g->c, 3); i > 0; i--) {
		if (rarely(g, 3))
			gen_alu(g);
		else
			gen_use_memory(g, value, 8, 8, true);
	}
	g->locked = locked;
	part_of(g, 1, value, PROGRAM_LOCK_AT);
	gen_call(g, 94);
	gen_set(g, 0, K_NONE);
}

void gen_lock(struct gen *g)
{
	u32 map = flip(g->c) ? PROGRAM_LOCKS : PROGRAM_TIMERS, out, no_map = UINT32_MAX;
	u8 copy = gen_saved(g);
	bool is_inner = rarely(g, 4);
	struct gen_saved_state before;

	if (!gen_args_free(g) || g->is_plain || copy == BPF_REG_COUNT || !gen_may_call(g, 93) ||
	    g->loops > 1)
		return;
	gen_lookup_in(g, is_inner ? PROGRAM_LOCK_MAPS : map);
	before = gen_save(g);
	if (is_inner) {
		no_map = jump_if(g, JUMP_EQ, 64, 0, 0);
		gen_lookup_again(g);
	}
	mov(g, copy, 0);
	gen_set(g, copy, K_OTHER);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	locked_use(g, copy);
	if (rarely(g, 3))
		gen_use_memory(g, copy, 8, 8, true);
	if (rarely(g, 4))
		locked_use(g, copy);
	land(g, out);
	if (is_inner)
		land(g, no_map);
	gen_meet(g, &before);
	gen_set(g, copy, K_NONE);
	mov_imm(g, 0, 0);
}

/* Set, started, maybe stopped. */
void gen_timer(struct gen *g)
{
	u8 copy = gen_saved(g);
	u32 callee, out;
	struct gen_saved_state before;

	if (!gen_args_free(g) || g->is_plain || copy == BPF_REG_COUNT || !gen_may_call(g, 169) ||
	    g->loops > 0 || g->call_count == PROGRAM_CALLS)
		return;
	callee = gen_function_for(g, ARG_FUNC_TIMER);
	if (callee == PROGRAM_SUBPROGS)
		return;
	g->entries[callee][3] = K_OTHER;
	gen_lookup_in(g, PROGRAM_TIMERS);
	mov(g, copy, 0);
	before = gen_save(g);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	part_of(g, 1, copy, PROGRAM_TIMER_AT);
	lddw(g, LDDW_MAP, 2, PROGRAM_TIMERS, 0);
	mov_imm(g, 3, flip(g->c) ? 1 : 7);
	gen_call(g, 169);
	part_of(g, 1, copy, PROGRAM_TIMER_AT);
	g->calls[g->call_count] = g->count;
	g->call_subprogs[g->call_count++] = (u8)callee;
	lddw(g, LDDW_CODE, 2, 0, 0);
	gen_call(g, 170);
	part_of(g, 1, copy, PROGRAM_TIMER_AT);
	mov_imm(g, 2, choice_imm(g->c));
	mov_imm(g, 3, 0);
	gen_call(g, 171);
	if (flip(g->c)) {
		part_of(g, 1, copy, PROGRAM_TIMER_AT);
		gen_call(g, 172);
	}
	gen_set(g, 0, K_NONE);
	land(g, out);
	gen_meet(g, &before);
	gen_set(g, copy, K_NONE);
	mov_imm(g, 0, 0);
}

/* What a timer's callback does with its value. */
void gen_timer_body(struct gen *g)
{
	u8 copy = gen_saved(g);

	if (copy == BPF_REG_COUNT || flip(g->c))
		return;
	mov(g, copy, 3);
	gen_set(g, copy, K_OTHER);
	locked_use(g, copy);
	gen_set(g, copy, K_NONE);
}

static void copy_size(struct gen *g, u32 room)
{
	u8 from = gen_holding(g, K_NUMBER);

	if (from < 6 || from > 9 || flip(g->c)) {
		mov_imm(g, 3, pick(g->c, room + 1));
		return;
	}
	mov(g, 3, from);
	alu_imm(g, ALU_AND, 3, (s64)(1u << (31 - __builtin_clz(room))) - 1);
}

/* memset, memcpy, memmove, memcmp. */
void gen_builtin(struct gen *g)
{
	enum program_func func = (enum program_func)(PROGRAM_MEMSET + pick(g->c, 4));
	u32 room = 8 + 8 * pick(g->c, GEN_BUFFER_SIZE / 8);

	if (!gen_args_free(g) || g->is_plain)
		return;
	if (!g->has_buffer)
		gen_init_memory(g, GEN_BUFFER, GEN_BUFFER_SIZE);
	g->has_buffer = true;
	copy_size(g, MIN(room, (u32)PROGRAM_GLOBAL_SIZE));
	if (flip(g->c))
		at_frame(g, 1, GEN_BUFFER + GEN_BUFFER_SIZE - (s32)room);
	else
		lddw(g, LDDW_MAP_VALUE, 1, PROGRAM_GLOBAL, 0);
	if (func == PROGRAM_MEMSET)
		mov_imm(g, 2, choice_imm(g->c));
	else if (flip(g->c))
		lddw(g, LDDW_MAP_VALUE, 2, PROGRAM_CONST, 0);
	else
		at_frame(g, 2, GEN_BUFFER + GEN_BUFFER_SIZE - (s32)room);
	gen_call_func(g, func);
	gen_set(g, 0, func == PROGRAM_MEMCMP ? K_NUMBER : K_NONE);
	if (func != PROGRAM_MEMCMP)
		mov_imm(g, 0, 0);
}
