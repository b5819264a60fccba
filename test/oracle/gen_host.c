/* SPDX-License-Identifier: MIT */
/* Calls: helpers by their contracts, functions, callbacks. */
#include "gen.h"

#include "prog/exec.h"

#define HELPER_ROWS 512

void gen_call(struct gen *g, u32 id)
{
	if (rarely(g, 16)) {
		mov_imm(g, 0, id);
		emit(g, (struct insn){ .kind = INSN_CALLX, .dst = 0 });
	} else {
		emit(g, (struct insn){ .kind = INSN_CALL, .imm = id });
	}
	for (u8 reg = 1; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	gen_set(g, 0, K_NUMBER);
}

void gen_call_func(struct gen *g, enum program_func func)
{
	emit(g, (struct insn){ .kind = INSN_CALL_KFUNC, .imm = func });
	for (u8 reg = 1; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	gen_set(g, 0, K_NUMBER);
}

bool gen_may_call(const struct gen *g, u32 id)
{
	const struct spec_helper *row = spec_find_helper(NULL, g->dialect, g->type, id);

	return row != NULL && spec_helper_allowed(row, g->type);
}

static void stack_pointer(struct gen *g, u8 reg, s32 off)
{
	alu_reg(g, ALU_MOV, 64, reg, BPF_REG_FP);
	alu_imm(g, ALU_ADD, reg, off);
	gen_set(g, reg, K_OTHER);
}

static void key_on_stack(struct gen *g, u8 reg, u32 size)
{
	u8 src = gen_holding(g, K_NUMBER);

	if (!g->has_key || rarely(g, 3))
		gen_init_memory(g, GEN_KEY, 16);
	g->has_key = true;
	if (src < 10 && flip(g->c))
		store(g, 4, BPF_REG_FP, GEN_KEY, src);
	else if (size == 4)
		store_imm(g, 4, BPF_REG_FP, GEN_KEY, (s64)pick(g->c, 6));
	if (has_rule(g, RULE_STRICT) && size == 4)
		store_imm(g, 4, BPF_REG_FP, GEN_KEY, (s64)pick(g->c, 4));
	stack_pointer(g, reg, GEN_KEY);
}

static void buffer(struct gen *g, u8 reg, u32 size, bool is_read)
{
	u32 at = (GEN_BUFFER_SIZE - size) / 8 * 8;

	if (is_read && !g->has_buffer) {
		gen_init_memory(g, GEN_BUFFER, GEN_BUFFER_SIZE);
		g->has_buffer = true;
	}
	stack_pointer(g, reg, GEN_BUFFER + (s32)pick(g->c, at / 8 + 1) * 8);
}

/* A number up to room, a constant or not, for a SIZE argument; r0 is free. */
static void size_number(struct gen *g, u8 reg, u32 room, bool may_be_zero)
{
	u8 from = gen_holding(g, K_NUMBER);

	if (from >= 10 || from < 6 || flip(g->c)) {
		mov_imm(g, reg, 1 + (s64)pick(g->c, room));
		return;
	}
	alu_reg(g, ALU_MOV, 64, reg, from);
	alu_imm(g, ALU_AND, reg, (s64)(1u << (31 - __builtin_clz(room))) - 1);
	if (!may_be_zero)
		alu_imm(g, ALU_ADD, reg, 1);
	gen_set(g, reg, K_NUMBER);
}

struct plan {
	struct spec_helper helper;
	u32 map;
	u8 ctx;
};

static bool is_size(enum spec_arg arg)
{
	return arg == ARG_SIZE || arg == ARG_SIZE_OR_ZERO;
}

/* Memory and its size. */
static void sized_argument(struct gen *g, const struct plan *plan, u8 reg)
{
	enum spec_arg class = plan->helper.args[reg - 1];
	bool may_be_zero = plan->helper.args[reg] == ARG_SIZE_OR_ZERO;
	bool is_read = class != ARG_WRITE_MEM && class != ARG_WRITE_MEM_OR_NULL;
	bool may_be_null = class == ARG_READ_MEM_OR_NULL || class == ARG_WRITE_MEM_OR_NULL;

	if (may_be_null && may_be_zero && rarely(g, 3)) {
		mov_imm(g, reg, 0);
		mov_imm(g, (u8)(reg + 1), 0);
		return;
	}
	if (class != ARG_MAP_MEM && rarely(g, 5)) {
		u32 off = pick(g->c, 16);

		lddw(g, LDDW_MAP_VALUE, reg, is_read && flip(g->c) ? PROGRAM_CONST : PROGRAM_GLOBAL,
		     class == ARG_UPDATE_MEM ? 0 : (s32)off);
		if (class == ARG_UPDATE_MEM)
			g->out->insns[g->count - 2].imm = PROGRAM_GLOBAL;
		size_number(g, (u8)(reg + 1), PROGRAM_GLOBAL_SIZE - off, may_be_zero);
		return;
	}
	buffer(g, reg, GEN_BUFFER_SIZE, is_read);
	size_number(g, (u8)(reg + 1), GEN_BUFFER_SIZE, may_be_zero);
}

/* False: of a class that cannot be made here. */
static bool can_make(const struct gen *g, enum spec_arg class)
{
	switch (class) {
	case ARG_NONE:
	case ARG_ANYTHING:
	case ARG_VARIADIC:
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_CTX_OR_NULL:
	case ARG_MAP:
	case ARG_PROG_MAP:
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MAP_VALUE_OR_NULL:
	case ARG_MAP_VALUE_OUT:
	case ARG_READ_MEM:
	case ARG_READ_MEM_OR_NULL:
	case ARG_WRITE_MEM:
	case ARG_WRITE_MEM_OR_NULL:
	case ARG_UPDATE_MEM:
	case ARG_READ_20:
	case ARG_READ_40:
	case ARG_WRITE_U64:
	case ARG_UPDATE_U32:
	case ARG_CONST_STRING:
	case ARG_ALLOC_SIZE:
	case ARG_FROM_LOADER:
	case ARG_SOCK_COMMON_OR_NULL: return true;
	case ARG_CTX:
	case ARG_CTX_OR_SOCK: return g->ctx != NULL;
	default: return false;
	}
}

/* lint: long-function, a switch over all classes */
static void argument(struct gen *g, const struct plan *plan, u8 reg)
{
	static const struct prog_map no_map;
	const struct prog_map *map = plan->map < PROGRAM_MAPS ? &g->out->maps[plan->map] : &no_map;

	switch (plan->helper.args[reg - 1]) {
	case ARG_ANYTHING:
	case ARG_VARIADIC: {
		u8 from = gen_holding(g, K_NUMBER);

		if (from >= 6 && from < 10 && flip(g->c))
			mov(g, reg, from);
		else
			mov_imm(g, reg, flip(g->c) ? (s64)pick(g->c, 4) : choice_imm(g->c));
		break;
	}
	case ARG_CTX_OR_NULL:
		if (plan->ctx >= 10 || flip(g->c))
			mov_imm(g, reg, 0);
		else
			mov(g, reg, plan->ctx);
		break;
	case ARG_CTX:
	case ARG_CTX_OR_SOCK: mov(g, reg, plan->ctx); break;
	case ARG_MAP:
	case ARG_PROG_MAP:
		lddw(g, LDDW_MAP, reg, plan->map, 0);
		gen_set(g, reg, K_OTHER);
		break;
	case ARG_MAP_KEY: key_on_stack(g, reg, map->key_size); break;
	case ARG_MAP_VALUE_OR_NULL:
		if (flip(g->c)) {
			mov_imm(g, reg, 0);
			break;
		}
		FALLTHROUGH;
	case ARG_MAP_VALUE: buffer(g, reg, map->value_size, true); break;
	case ARG_MAP_VALUE_OUT: buffer(g, reg, map->value_size, false); break;
	case ARG_READ_20: buffer(g, reg, 24, true); break;
	case ARG_READ_40: buffer(g, reg, 40, true); break;
	case ARG_WRITE_U64: buffer(g, reg, 8, false); break;
	case ARG_UPDATE_U32: buffer(g, reg, 8, true); break;
	case ARG_CONST_STRING: lddw(g, LDDW_MAP_VALUE, reg, PROGRAM_CONST, 16); break;
	case ARG_ALLOC_SIZE: mov_imm(g, reg, 1 + (s64)pick(g->c, 64)); break;
	case ARG_SOCK_COMMON_OR_NULL:
	case ARG_FROM_LOADER: mov_imm(g, reg, 0); break;
	default: break;
	}
}

static void arguments(struct gen *g, const struct plan *plan)
{
	for (u8 reg = 1; reg < 6 && plan->helper.args[reg - 1] != ARG_NONE; reg++) {
		enum spec_arg next = reg < 5 ? plan->helper.args[reg] : ARG_NONE;

		if (is_size(next))
			sized_argument(g, plan, reg++);
		else
			argument(g, plan, reg);
	}
}

static bool plan_fits(struct gen *g, const struct spec_helper *row, struct plan *plan)
{
	enum map_kind kind = MAP_KIND_COUNT;

	plan->map = PROGRAM_MAPS;
	if (row == NULL || !spec_helper_allowed(row, g->type) || row->ret == RET_UNSUPPORTED ||
	    (g->is_plain && !row->offered) ||
	    (row->flags & (HELPER_TAIL_CALL | HELPER_RELEASES | HELPER_MAY_SLEEP)) != 0)
		return false;
	if (row->maps != 0) {
		plan->map = gen_map_of(g, row->maps);
		if (plan->map == PROGRAM_MAPS)
			return false;
		kind = g->out->maps[plan->map].type->kind;
	}
	plan->helper = spec_helper_in(row, g->type, kind);
	for (u32 i = 0; i < 5; i++) {
		if (!can_make(g, plan->helper.args[i]) ||
		    (plan->ctx == BPF_REG_COUNT &&
		     (plan->helper.args[i] == ARG_CTX || plan->helper.args[i] == ARG_CTX_OR_SOCK)))
			return false;
	}
	return true;
}

/* What may be done with the address of an object of the host's, in r0. */
static void host_address(struct gen *g)
{
	if (!g->is_leaky || !g->may_leak)
		return;
	land(g, jump_if(g, JUMP_EQ, 32, 0, choice_imm(g->c)));
	alu_reg(g, ALU_MOV, 32, 1, 0);
	gen_reveal(g, 2, 0, 16);
}

/* What was returned is used where it is not null, and given back. */
static void use_result(struct gen *g, const struct plan *plan)
{
	enum spec_ret ret = plan->helper.ret;
	bool is_acquired = (plan->helper.flags & HELPER_ACQUIRES) != 0;
	struct gen_saved_state before;
	u32 out;
	u8 copy;

	if (ret == RET_INTEGER || ret == RET_LENGTH)
		return;
	gen_set(g, 0, K_NONE);
	if (ret == RET_VOID)
		return;
	copy = gen_saved(g);
	if (copy != BPF_REG_COUNT && (is_acquired || flip(g->c))) {
		mov(g, copy, 0);
		gen_set(g, copy, K_NONE);
	} else if (is_acquired) {
		g->out->is_bad = true;
	}
	before = gen_save(g);
	out = jump_if(g, JUMP_EQ, rarely(g, 50) ? 32 : 64, 0, 0);
	if (ret == RET_MAP_VALUE_OR_NULL || ret == RET_ALLOC_MEM_OR_NULL) {
		g->locked |= 1;
		gen_use_memory(g, 0, 0,
			       ret == RET_MAP_VALUE_OR_NULL ? g->out->maps[plan->map].value_size
							    : 8,
			       true);
		if (ret == RET_ALLOC_MEM_OR_NULL)
			gen_reveal(g, (u8)(1 + pick(g->c, 5)), 0, 8);
		g->locked &= (u16)~1u;
	} else if (ret == RET_SOCK_OR_NULL || ret == RET_TCP_SOCK_OR_NULL ||
		   ret == RET_SOCK_COMMON_OR_NULL) {
		host_address(g);
		load(g, 4, (u8)(1 + pick(g->c, 5)), 0, 4 * (s32)pick(g->c, 4), false);
	}
	if (is_acquired && copy != BPF_REG_COUNT) {
		alu_reg(g, ALU_MOV, 64, 1, copy);
		gen_call(g, ret == RET_ALLOC_MEM_OR_NULL ? 132 : 86);
	}
	land(g, out);
	gen_meet(g, &before);
	gen_set(g, 0, K_NONE);
	mov_imm(g, 0, 1);
	gen_meet(g, &before);
	if (copy != BPF_REG_COUNT)
		gen_set(g, copy, K_NONE);
	gen_set(g, 0, K_NUMBER);
}

void gen_helper(struct gen *g)
{
	struct plan plan = { .ctx = gen_holding(g, K_CTX) };
	const struct spec_helper *row;
	u32 from = pick(g->c, HELPER_ROWS), count = 0;

	if (!gen_args_free(g) || (plan.ctx < 6))
		return;
	while (spec_helper_at(count) != NULL)
		count++;
	for (u32 i = 0; i < count; i++) {
		row = spec_helper_at((from + i) % count);
		if (row->dialect != g->dialect || !plan_fits(g, row, &plan))
			continue;
		arguments(g, &plan);
		gen_call(g, row->id);
		use_result(g, &plan);
		if ((row->flags & HELPER_MOVES_PACKET) != 0) {
			for (u8 reg = 0; reg < 10; reg++) {
				if (g->kinds[reg] == K_PACKET || g->kinds[reg] == K_END)
					gen_set(g, reg, K_NONE);
			}
		}
		return;
	}
}

void gen_lookup_in(struct gen *g, u32 map)
{
	key_on_stack(g, 2, g->out->maps[map].key_size);
	lddw(g, LDDW_MAP, 1, map, 0);
	gen_call(g, 1);
	gen_set(g, 0, K_NONE);
}

/* In the map that r0 is. */
void gen_lookup_again(struct gen *g)
{
	alu_reg(g, ALU_MOV, 64, 1, 0);
	key_on_stack(g, 2, 4);
	gen_call(g, 1);
	gen_set(g, 0, K_NONE);
}

/* The value is used in registers that calls keep, too. */
void gen_lookup(struct gen *g)
{
	u32 map = gen_map_of(g, MAPS_KEYED), out;
	u8 copy = gen_saved(g);
	struct gen_saved_state before;
	u16 locked = g->locked;

	if (!gen_args_free(g) || map == PROGRAM_MAPS || g->out->maps[map].key_size == 0)
		return;
	if (g->is_plain && flip(g->c))
		map = flip(g->c) ? PROGRAM_ARRAY : PROGRAM_HASH;
	gen_lookup_in(g, map);
	if (copy != BPF_REG_COUNT) {
		mov(g, copy, 0);
		gen_set(g, copy, K_NONE);
	}
	before = gen_save(g);
	if (flip(g->c) || copy == BPF_REG_COUNT) {
		out = jump_if(g, JUMP_EQ, 64, 0, 0);
	} else {
		u32 over = jump_if(g, JUMP_NE, 64, copy, 0);

		out = jump(g);
		land(g, over);
	}
	g->locked |= 1;
	gen_use_memory(g, 0, 0, g->out->maps[map].value_size, !g->out->maps[map].read_only);
	g->locked = locked;
	if (copy != BPF_REG_COUNT && flip(g->c)) {
		g->locked |= (u16)(1u << copy);
		gen_set(g, copy, K_OTHER);
		gen_set(g, 0, K_NONE);
		gen_block(g, 2);
		gen_use_memory(g, copy, 0, g->out->maps[map].value_size,
			       !g->out->maps[map].read_only);
		g->locked = locked;
	}
	land(g, out);
	gen_meet(g, &before);
	if (copy != BPF_REG_COUNT)
		gen_set(g, copy, K_NONE);
	mov_imm(g, 0, 1);
}

/* A map out of a map. */
void gen_inner(struct gen *g)
{
	u32 outer = gen_map_of(g, MAP_BIT(ARRAY_OF_MAPS) | MAP_BIT(HASH_OF_MAPS)), out, out2;
	struct gen_saved_state before;

	if (!gen_args_free(g) || outer == PROGRAM_MAPS)
		return;
	gen_lookup_in(g, outer);
	before = gen_save(g);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	gen_lookup_again(g);
	out2 = jump_if(g, JUMP_EQ, 64, 0, 0);
	g->locked |= 1;
	gen_use_memory(g, 0, 0, PROGRAM_VALUE, true);
	for (u32 i = 0; i < 6; i++)
		gen_leak_of(g, 0);
	g->locked &= (u16)~1u;
	land(g, out);
	land(g, out2);
	gen_meet(g, &before);
	mov_imm(g, 0, 1);
}

/* A record of a ring buffer: reserved, written, submitted or discarded, on each path. */
void gen_record(struct gen *g)
{
	u32 ring = gen_map_of(g, MAPS_RINGBUF), out, size = 8 + pick(g->c, 56);
	u8 copy = gen_saved(g);
	struct gen_saved_state before;
	u16 locked = g->locked;

	if (!gen_args_free(g) || g->dialect != DIALECT_LINUX || ring == PROGRAM_MAPS ||
	    copy == BPF_REG_COUNT || g->loops > 1)
		return;
	lddw(g, LDDW_MAP, 1, ring, 0);
	mov_imm(g, 2, size);
	mov_imm(g, 3, 0);
	gen_call(g, 131);
	gen_set(g, 0, K_NONE);
	mov(g, copy, 0);
	before = gen_save(g);
	out = jump_if(g, JUMP_EQ, 64, 0, 0);
	g->locked |= (u16)(1u | 1u << copy);
	gen_use_memory(g, copy, 0, size, true);
	g->locked &= (u16)~1u;
	if (flip(g->c)) {
		gen_set(g, copy, K_OTHER);
		g->held++;
		if (flip(g->c))
			gen_use_memory(g, copy, 0, size, true);
		else
			gen_block(g, 1);
		g->held--;
	}
	gen_reveal(g, 2, copy, 8);
	alu_reg(g, ALU_MOV, 64, 1, copy);
	mov_imm(g, 2, 0);
	gen_call(g, flip(g->c) ? 132 : 133);
	gen_set(g, 0, K_NONE);
	land(g, out);
	g->locked = locked;
	gen_meet(g, &before);
	gen_set(g, copy, K_NONE);
	mov_imm(g, 0, 0);
}

/* A function with these arguments; PROGRAM_SUBPROGS: no room. */
u32 gen_function_for(struct gen *g, enum spec_arg callback)
{
	if (callback == ARG_NONE) {
		for (u32 i = g->rank + 1; i < g->subprog_count; i++) {
			bool is_like = g->callbacks[i] == 0;

			for (u32 reg = 1; reg < 6; reg++)
				is_like &= g->entries[i][reg] == K_NONE ||
					   g->entries[i][reg] == g->kinds[reg];
			if (is_like && flip(g->c))
				return i;
		}
	}
	if (g->subprog_count == PROGRAM_SUBPROGS || g->rank > 3)
		return PROGRAM_SUBPROGS;
	g->callbacks[g->subprog_count] = (u8)callback;
	return g->subprog_count++;
}

void gen_local(struct gen *g)
{
	u32 callee;

	if (!gen_args_free(g) || g->call_count == PROGRAM_CALLS || g->loops > 1)
		return;
	for (u8 reg = 1; reg < 6; reg++) {
		u8 ctx = gen_holding(g, K_CTX);

		if (g->kinds[reg] != K_NONE && g->kinds[reg] != K_OTHER)
			continue;
		gen_set(g, reg, K_NONE);
		switch (pick(g->c, 4)) {
		case 0: mov(g, reg, BPF_REG_FP); break;
		case 1:
			if (ctx < BPF_REG_COUNT)
				mov(g, reg, ctx);
			break;
		case 2: mov_imm(g, reg, choice_imm(g->c)); break;
		default: break;
		}
	}
	callee = gen_function_for(g, ARG_NONE);
	if (callee == PROGRAM_SUBPROGS)
		return;
	if (callee == g->subprog_count - 1 && g->entries[callee][0] == 0) {
		for (u8 reg = 1; reg < 6; reg++)
			g->entries[callee][reg] =
				g->kinds[reg] == K_STACK || g->kinds[reg] == K_VALUE
					? K_OTHER
					: g->kinds[reg];
		g->entries[callee][0] = K_NONE;
	}
	g->calls[g->call_count] = emit(g, (struct insn){ .kind = INSN_CALL_LOCAL });
	g->call_subprogs[g->call_count++] = (u8)callee;
	for (u8 reg = 1; reg < 6; reg++)
		gen_set(g, reg, K_NONE);
	gen_set(g, 0, K_NUMBER);
}

/* bpf_loop and bpf_for_each_map_elem, with a number on the caller's stack. */
void gen_callback(struct gen *g)
{
	bool is_loop = flip(g->c);
	u32 map = gen_map_of(g, MAPS_EACH), callee;

	if (!gen_args_free(g) || g->dialect != DIALECT_LINUX || g->loops > 1 || g->is_plain ||
	    g->iterators != 0 || g->call_count == PROGRAM_CALLS || map == PROGRAM_MAPS)
		return;
	callee = gen_function_for(g, is_loop ? ARG_FUNC_LOOP : ARG_FUNC_MAP_ELEM);
	if (callee == PROGRAM_SUBPROGS)
		return;
	if ((g->init >> (GEN_WORDS - 1) & 1) == 0 || rarely(g, 4))
		store_imm(g, 8, BPF_REG_FP, -8 * GEN_WORDS, choice_imm(g->c));
	g->init |= 1u << (GEN_WORDS - 1);
	if (is_loop) {
		g->entries[callee][1] = K_NUMBER;
		g->entries[callee][2] = K_STACK;
		mov_imm(g, 1, pick(g->c, 8));
	} else {
		g->entries[callee][3] = K_VALUE;
		g->entries[callee][4] = K_OTHER;
		lddw(g, LDDW_MAP, 1, map, 0);
	}
	g->calls[g->call_count] = g->count;
	g->call_subprogs[g->call_count++] = (u8)callee;
	lddw(g, LDDW_CODE, 2, 0, 0);
	if (g->is_leaky) {
		gen_reveal(g, 5, 2, 8);
		alu_reg(g, ALU_MOV, 32, 5, flip(g->c) || is_loop ? 2 : 1);
	}
	alu_reg(g, ALU_MOV, 64, 3, BPF_REG_FP);
	alu_imm(g, ALU_ADD, 3, -8 * (GEN_WORDS - 1));
	mov_imm(g, 4, 0);
	gen_call(g, is_loop ? 181 : 164);
}

void gen_tail_call(struct gen *g)
{
	u32 map = gen_map_of(g, MAPS_PROG);
	u8 ctx = gen_holding(g, K_CTX);

	if (!gen_args_free(g) || map == PROGRAM_MAPS || ctx < 6 || ctx > 9 || g->is_callback ||
	    g->loops > 1 || g->held != 0)
		return;
	mov(g, 1, ctx);
	lddw(g, LDDW_MAP, 2, map, 0);
	mov_imm(g, 3, pick(g->c, 6));
	gen_call(g, g->dialect == DIALECT_WINDOWS ? 5 : 12);
}
