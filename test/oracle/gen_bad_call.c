/* SPDX-License-Identifier: MIT */
/* Mistakes with calls, their arguments, and how programs and functions end. */
#include "gen_bad.h"

static void stack_at(struct gen *g, u8 reg, s32 off)
{
	alu_reg(g, ALU_MOV, 64, reg, BPF_REG_FP);
	alu_imm(g, ALU_ADD, reg, off);
	gen_set(g, reg, K_OTHER);
}

static u32 print_helper(const struct gen *g)
{
	return g->dialect == DIALECT_WINDOWS ? 12 : 6;
}

/* The text's size is in r2. */
static void print(struct gen *g)
{
	gen_init_memory(g, GEN_BUFFER, GEN_BUFFER_SIZE);
	stack_at(g, 1, GEN_BUFFER);
	for (u8 reg = 3; reg < 6; reg++)
		mov_imm(g, reg, 0);
	gen_call(g, print_helper(g));
}

static void tail_call(struct gen *g, u32 map)
{
	lddw(g, LDDW_MAP, 2, map, 0);
	mov_imm(g, 3, 0);
	gen_call(g, g->dialect == DIALECT_WINDOWS ? 5 : 12);
}

/* A pointer, or the lack of one, in place of another. */
static void of_type(struct gen *g, bool is_null)
{
	u8 ctx = bad_ctx(g, BPF_REG_FP);

	if (is_null) {
		bad_lookup(g, PROGRAM_HASH);
		alu_reg(g, ALU_MOV, 64, 2, 0);
		lddw(g, LDDW_MAP, 1, PROGRAM_HASH, 0);
		gen_call(g, 1);
		return;
	}
	gen_init_memory(g, GEN_KEY, 16);
	stack_at(g, 2, GEN_KEY);
	switch (pick(g->c, 4)) {
	case 0: mov_imm(g, 1, (s64)pick(g->c, 3)); break;
	case 1: lddw(g, LDDW_MAP_VALUE, 1, PROGRAM_GLOBAL, 0); break;
	case 2: alu_reg(g, ALU_MOV, 64, 1, ctx); break;
	default:
		lddw(g, LDDW_MAP, 1, PROGRAM_HASH, 0);
		mov_imm(g, 2, (s64)pick(g->c, 99));
		break;
	}
	gen_call(g, 1);
}

/* Memory that is too small, or not written. */
static void of_memory(struct gen *g, bool is_written)
{
	switch (pick(g->c, 3)) {
	case 0: stack_at(g, 2, is_written ? -3 + (s32)pick(g->c, 3) : -500); break;
	case 1:
		gen_init_memory(g, -8, 8);
		stack_at(g, 2, is_written ? -3 : -9);
		break;
	default:
		lddw(g, LDDW_MAP_VALUE, 2, PROGRAM_GLOBAL, is_written ? 30 : 0);
		if (!is_written)
			stack_at(g, 2, -404);
		break;
	}
	lddw(g, LDDW_MAP, 1, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY, 0);
	gen_call(g, 1);
}

static void of_map(struct gen *g)
{
	u32 from = pick(g->c, g->out->prog.map_count);

	/* One of those that have no keys, or programs. */
	for (u32 i = 0; i < g->out->prog.map_count; i++) {
		const struct prog_map *map = &g->out->maps[(from + i) % g->out->prog.map_count];
		enum map_kind kind = map->type->kind;

		if (kind != MAP_KIND_QUEUE && kind != MAP_KIND_RINGBUF &&
		    kind != MAP_KIND_PROG_ARRAY && kind != MAP_KIND_STACK)
			continue;
		gen_init_memory(g, GEN_KEY, 16);
		stack_at(g, 2, GEN_KEY);
		lddw(g, LDDW_MAP, 1, (s64)((from + i) % g->out->prog.map_count), 0);
		gen_call(g, 1);
		return;
	}
}

static void of_size(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_ARG_SIZE:
		if (flip(g->c)) {
			gen_init_memory(g, GEN_BUFFER, 16);
			if (flip(g->c))
				mov(g, 3, gen_unknown(g));
			else
				mov_imm(g, 3, -1 - (s64)pick(g->c, 9));
			stack_at(g, 1, GEN_BUFFER);
			stack_at(g, 2, GEN_BUFFER);
			gen_call_func(g, PROGRAM_MEMCPY);
			return;
		}
		mov(g, 2, gen_unknown(g));
		alu_imm(g, ALU_OR, 2, 1ll << 30);
		print(g);
		return;
	case FINDING_ARG_SIZE_ZERO:
		if (flip(g->c))
			mov_imm(g, 2, 0);
		else
			bad_index(g, 2, 7);
		print(g);
		return;
	default:
		lddw(g, LDDW_MAP, 1, 9, 0);
		mov(g, 2, gen_unknown(g));
		lddw(g, LDDW_MAP, 1, 9, 0);
		mov_imm(g, 3, 0);
		gen_call(g, 131);
		return;
	}
}

/* A helper or function that nobody offers, or nobody describes. */
static void of_name(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_UNKNOWN_HELPER: gen_call(g, 9999 + pick(g->c, 9)); return;
	case FINDING_UNRESOLVED: gen_call(g, PROG_UNRESOLVED_HELPER); return;
	case FINDING_UNKNOWN_FUNCTION: gen_call_func(g, PROGRAM_NO_FUNC); return;
	case FINDING_NO_CONTRACT: gen_call_func(g, PROGRAM_NO_CONTRACT); return;
	case FINDING_MAP_ADDRESS:
		lddw(g, LDDW_MAP_VALUE, 0, flip(g->c) ? PROGRAM_HASH : PROGRAM_ARRAY, 0);
		return;
	case FINDING_UNKNOWN_VARIABLE: lddw(g, LDDW_VARIABLE, 0, 0, 0); return;
	default:
		/* Called by number. */
		emit(g, (struct insn){ .kind = INSN_CALLX, .dst = gen_unknown(g) });
		return;
	}
}

static void strict_key(struct gen *g)
{
	gen_init_memory(g, GEN_KEY, 16);
	if (flip(g->c)) {
		bad_index(g, 0, 15);
		store(g, 4, BPF_REG_FP, GEN_KEY, 0);
	} else {
		store_imm(g, 4, BPF_REG_FP, GEN_KEY, 4 + (s64)pick(g->c, 9));
	}
	stack_at(g, 2, GEN_KEY);
	lddw(g, LDDW_MAP, 1, PROGRAM_ARRAY, 0);
	gen_call(g, 1);
}

bool bad_call(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_UNKNOWN_HELPER:
	case FINDING_UNRESOLVED:
	case FINDING_UNKNOWN_FUNCTION:
	case FINDING_NO_CONTRACT:
	case FINDING_MAP_ADDRESS:
	case FINDING_UNKNOWN_VARIABLE:
	case FINDING_CALLX: of_name(g, finding); return true;
	case FINDING_ARG_TYPE: of_type(g, false); return true;
	case FINDING_ARG_NULL: of_type(g, true); return true;
	case FINDING_ARG_RANGE: of_memory(g, true); return true;
	case FINDING_ARG_UNINIT: of_memory(g, false); return true;
	case FINDING_ARG_MAP_TYPE: of_map(g); return true;
	case FINDING_ARG_SIZE:
	case FINDING_ARG_SIZE_ZERO:
	case FINDING_ARG_CONST: of_size(g, finding); return true;
	case FINDING_ARG_KEY_RANGE: strict_key(g); return true;
	case FINDING_CTX_MODIFIED:
		alu_reg(g, ALU_MOV, 64, 1, bad_ctx(g, 1));
		if (flip(g->c)) {
			alu_imm(g, ALU_ADD, 1, 4);
		} else {
			bad_index(g, 0, 4);
			alu_reg(g, ALU_ADD, 64, 1, 0);
		}
		tail_call(g, 12);
		return true;
	default: return false;
	}
}

static void no_end(struct gen *g)
{
	u32 head = g->count;

	switch (pick(g->c, 4)) {
	case 0: jump_back(g, jump_if(g, JUMP_NE, 64, gen_unknown(g), 77), head); break;
	case 1: emit(g, (struct insn){ .kind = INSN_JUMP, .off = -1 }); break;
	case 2:
		mov_imm(g, 8, 1);
		head = g->count;
		alu_imm(g, ALU_XOR, 8, 3);
		jump_back(g, jump_if(g, JUMP_NE, 64, 8, 0), head);
		break;
	default:
		mov_imm(g, 8, 0);
		head = g->count;
		alu_imm(g, ALU_ADD, 8, 2);
		jump_back(g, jump_if(g, JUMP_NE, 64, 8, 77), head);
		break;
	}
}

static void too_long(struct gen *g)
{
	u32 head;

	mov_imm(g, 8, 0);
	head = g->count;
	alu_imm(g, ALU_ADD, 8, 1);
	if (flip(g->c)) {
		mov_imm(g, 9, 0);
		alu_imm(g, ALU_ADD, 9, 1);
		jump_back(g, jump_if(g, JUMP_LT, 64, 9, INT32_MAX), g->count - 1);
	}
	jump_back(g, jump_if(g, JUMP_LT, 64, 8, INT32_MAX - (s64)pick(g->c, 999)), head);
}

static void function_call(struct gen *g, u32 callee)
{
	if (g->call_count == PROGRAM_CALLS)
		return;
	g->calls[g->call_count] = emit(g, (struct insn){ .kind = INSN_CALL_LOCAL });
	g->call_subprogs[g->call_count++] = (u8)callee;
}

/* A call of a new function; false: no room. */
static bool call_body(struct gen *g, enum bad_body body)
{
	u32 callee = g->subprog_count;

	if (g->subprog_count == PROGRAM_SUBPROGS || g->call_count == PROGRAM_CALLS)
		return false;
	g->subprog_count++;
	g->bodies[callee] = (u8)body;
	function_call(g, callee);
	return true;
}

static void end(struct gen *g)
{
	emit(g, (struct insn){ .kind = INSN_EXIT });
}

bool bad_control(struct gen *g, enum finding_id finding)
{
	switch (finding) {
	case FINDING_TERMINATION: no_end(g); return true;
	case FINDING_MAX_STEPS: too_long(g); return true;
	case FINDING_TOO_COMPLEX: g->out->max_steps = 1 + pick(g->c, 10); return true;
	case FINDING_PROG_TYPE: g->has_no_type = true; return true;
	case FINDING_RETURN_UNINIT:
		load(g, 8, 0, BPF_REG_FP, -504, false);
		end(g);
		return true;
	case FINDING_RETURN_TYPE:
		alu_reg(g, ALU_MOV, 64, 0, flip(g->c) ? BPF_REG_FP : bad_ctx(g, BPF_REG_FP));
		end(g);
		return true;
	case FINDING_RETURN_RANGE:
		if (flip(g->c))
			bad_index(g, 0, 7);
		else
			mov_imm(g, 0, 4 + (s64)pick(g->c, 9));
		end(g);
		return true;
	case FINDING_RECURSION:
		if (flip(g->c) && g->subprog_count < PROGRAM_SUBPROGS)
			(void)call_body(g, BODY_SELF);
		else
			function_call(g, 0);
		return true;
	case FINDING_CALL_DEPTH: (void)call_body(g, BODY_CHAIN); return true;
	case FINDING_STACK_DEPTH:
		store_imm(g, 8, BPF_REG_FP, -8 - 8 * (s32)pick(g->c, 60), 1);
		(void)call_body(g, BODY_DEEP);
		return true;
	default: return false;
	}
}

void bad_body(struct gen *g, u32 index)
{
	switch ((enum bad_body)g->bodies[index]) {
	case BODY_NONE: break;
	case BODY_SELF: function_call(g, index); break;
	case BODY_CHAIN:
		if (g->subprog_count < PROGRAM_SUBPROGS)
			(void)call_body(g, BODY_CHAIN);
		break;
	case BODY_DEEP: store_imm(g, 8, BPF_REG_FP, -512, 1); break;
	case BODY_TWO:
		mov_imm(g, 0, flip(g->c) ? 2 : -1);
		end(g);
		return;
	case BODY_SLEEP:
		stack_at(g, 1, -16);
		mov_imm(g, 2, 8);
		mov_imm(g, 3, 0);
		gen_call(g, 148);
		break;
	case BODY_DESTROY:
		alu_reg(g, ALU_MOV, 64, 1, 2);
		gen_call_func(g, PROGRAM_ITER_DESTROY);
		break;
	case BODY_TAIL_CALL:
		alu_reg(g, ALU_MOV, 64, 1, 2);
		tail_call(g, 12);
		break;
	}
	mov_imm(g, 0, 0);
	end(g);
}
