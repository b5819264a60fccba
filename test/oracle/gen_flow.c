/* SPDX-License-Identifier: MIT */
/* Arithmetic, branches and loops. */
#include "gen.h"

/* A number's register that may be written; BPF_REG_COUNT: none. */
static u8 number_target(struct gen *g)
{
	u8 dst = gen_holding(g, K_NUMBER);

	if (dst >= 10 || is_locked(g, dst))
		dst = gen_unknown(g);
	return is_locked(g, dst) || g->kinds[dst] != K_NUMBER ? BPF_REG_COUNT : dst;
}

void gen_alu(struct gen *g)
{
	struct insn insn = { .kind = INSN_ALU, .op = (u8)pick(g->c, ALU_OP_COUNT) };
	u8 dst = number_target(g), src = gen_holding(g, K_NUMBER);

	if (dst == BPF_REG_COUNT)
		return;
	insn.dst = dst;
	insn.width = flip(g->c) ? 32 : 64;
	if (flip(g->c) || src >= 10 ||
	    (has_rule(g, RULE_DIVISOR) && (insn.op == ALU_DIV || insn.op == ALU_MOD ||
					   insn.op == ALU_SDIV || insn.op == ALU_SMOD))) {
		insn.flags = INSN_IMM;
		insn.imm = choice_imm(g->c);
		if (insn.op == ALU_LSH || insn.op == ALU_RSH || insn.op == ALU_ARSH)
			insn.imm &= insn.width - 1;
		if (insn.imm == 0 && (insn.op == ALU_DIV || insn.op == ALU_MOD ||
				      insn.op == ALU_SDIV || insn.op == ALU_SMOD))
			insn.imm = 3;
	} else {
		insn.src = src;
	}
	emit(g, insn);
}

void gen_unary(struct gen *g)
{
	u8 dst = gen_target(g), src = gen_holding(g, K_NUMBER), width = flip(g->c) ? 32 : 64;

	if (src >= 10)
		src = gen_unknown(g);
	switch (pick(g->c, 4)) {
	case 0:
		mov(g, dst, src);
		emit(g, (struct insn){ .kind = INSN_NEG, .width = width, .dst = dst });
		break;
	case 1:
		emit(g, (struct insn){ .kind = INSN_MOVSX,
				       .size = (u8)(1u << pick(g->c, width == 64 ? 3 : 2)),
				       .width = width,
				       .dst = dst,
				       .src = src });
		gen_set(g, dst, K_NUMBER);
		break;
	case 2:
		alu_reg(g, ALU_MOV, width, dst, src);
		gen_set(g, dst, K_NUMBER);
		break;
	default:
		mov(g, dst, src);
		emit(g, (struct insn){ .kind = INSN_SWAP,
				       .op = (u8)pick(g->c, 3),
				       .size = (u8)(2u << pick(g->c, 3)),
				       .dst = dst });
		if (g->out->insns[g->count - 1].op == SWAP_LE && rarely(g, 2))
			g->out->insns[g->count - 1].op = SWAP_BE;
	}
}

void gen_constant(struct gen *g)
{
	u8 dst = gen_target(g);

	u32 what = pick(g->c, 10);

	if (what < 6) {
		mov_imm(g, dst, choice_imm(g->c));
		return;
	}
	if (what == 6 && g->out->prog.var_count != 0) {
		bool is_config = flip(g->c);

		if (!is_config && has_rule(g, RULE_UNPRIVILEGED))
			return;
		lddw(g, LDDW_VARIABLE, dst, is_config ? PROGRAM_CONFIG : PROGRAM_VARIABLE, 0);
		if (is_config)
			load(g, gen_size(g), dst, dst, 0, flip(g->c));
		gen_set(g, dst, K_NUMBER);
		return;
	}
	lddw(g, LDDW_IMM, dst, (s64)choice_number(g->c), 0);
	gen_set(g, dst, K_NUMBER);
}

static u32 random_jump(struct gen *g)
{
	u8 dst = gen_holding(g, K_NUMBER), src = gen_holding(g, K_NUMBER);
	u8 width = flip(g->c) ? 32 : 64;
	enum jump_op op = (enum jump_op)pick(g->c, JUMP_OP_COUNT);

	if (dst >= 10)
		dst = gen_unknown(g);
	if (src < 10 && rarely(g, 3))
		return jump_reg(g, op, width, dst, src);
	return jump_if(g, op, width, dst, choice_imm(g->c));
}

void gen_if(struct gen *g)
{
	u32 over = random_jump(g), past = 0;
	struct gen_saved_state before = gen_save(g), after;
	bool has_else = flip(g->c);

	gen_block(g, 3);
	after = gen_save(g);
	if (has_else)
		past = jump(g);
	land(g, over);
	gen_restore(g, &before);
	if (has_else) {
		gen_block(g, 3);
		land(g, past);
	}
	gen_meet(g, &after);
}

static void choose(struct gen *g, u8 dst)
{
	u8 src = gen_holding(g, K_NUMBER);

	if (src < 10 && flip(g->c))
		alu_reg(g, ALU_MOV, flip(g->c) ? 32 : 64, dst, src);
	else
		mov_imm(g, dst, choice_imm(g->c));
}

/* As compilers have it: a jump over one move, or one of two. */
void gen_choice(struct gen *g)
{
	u8 dst = number_target(g);
	u32 over, past = 0;
	bool has_else = flip(g->c);

	if (dst == BPF_REG_COUNT)
		return;
	over = random_jump(g);
	/* The comparison may have needed a register. */
	if (g->kinds[dst] != K_NUMBER)
		dst = g->out->insns[over].dst;
	choose(g, dst);
	if (has_else)
		past = jump(g);
	land(g, over);
	if (has_else) {
		choose(g, dst);
		land(g, past);
	}
}

/* Two comparisons that bound a number, of any signs and widths; what is done with it then. */
void gen_clamp(struct gen *g)
{
	static const enum jump_op above[] = { JUMP_GT, JUMP_GE, JUMP_SGT, JUMP_SGE };
	static const enum jump_op below[] = { JUMP_LT, JUMP_LE, JUMP_SLT, JUMP_SLE };
	u8 reg = gen_unknown(g), width = flip(g->c) ? 32 : 64, pointer = gen_saved(g);
	s64 room = 1 + pick(g->c, 31);
	bool is_signed = flip(g->c);
	u32 out, low = 0;
	struct gen_saved_state before;

	if (is_locked(g, reg) || pointer == BPF_REG_COUNT || pointer == reg)
		return;
	if (width == 32)
		alu_reg(g, ALU_MOV, 32, reg, reg);
	before = gen_save(g);
	out = jump_if(g, above[2 * is_signed + pick(g->c, 2)], width, reg, room - 1);
	if (is_signed)
		low = jump_if(g, below[2 + pick(g->c, 2)], width, reg, 0);
	if (rarely(g, 3))
		alu_imm(g, ALU_ADD, reg, pick(g->c, 3) == 0 ? 1 : 0);
	lddw(g, LDDW_MAP_VALUE, pointer, flip(g->c) ? PROGRAM_GLOBAL : PROGRAM_CONST, 0);
	alu_reg(g, ALU_ADD, 64, pointer, reg);
	load(g, 1, gen_target(g), pointer, 0, flip(g->c));
	gen_set(g, pointer, K_NONE);
	before.kinds[pointer] = K_NONE;
	land(g, out);
	if (is_signed)
		land(g, low);
	gen_meet(g, &before);
}

/* What the body of a loop finds in each round: numbers stay numbers, and other registers that calls
 * spoil are nothing. */
struct gen_saved_state gen_loop_enter(struct gen *g)
{
	for (u8 reg = 0; reg < 6; reg++) {
		if (g->kinds[reg] > K_NUMBER && !is_locked(g, reg))
			gen_set(g, reg, K_NONE);
	}
	for (u8 reg = 6; reg < 10; reg++) {
		if (g->kinds[reg] > K_NUMBER)
			g->locked |= (u16)(1u << reg);
	}
	g->loops++;
	return gen_save(g);
}

void gen_loop_leave(struct gen *g, const struct gen_saved_state *head)
{
	for (u8 reg = 0; reg < 10; reg++) {
		if (head->kinds[reg] == K_NUMBER && g->kinds[reg] != K_NUMBER)
			mov_imm(g, reg, choice_imm(g->c));
	}
	g->loops--;
}

enum { UP, DOWN, NOT_EQUAL, DO_WHILE, SHIFT, HALVE, LOWEST_BIT, SPILLED, MAY_GOTO, FORMS };

static void loop_start(struct gen *g, u32 form, u8 counter, s64 bound)
{
	if (form == UP || form == NOT_EQUAL || form == SPILLED) {
		mov_imm(g, counter, flip(g->c) ? 0 : (s64)pick(g->c, (u32)bound + 1));
		return;
	}
	if (flip(g->c)) {
		mov_imm(g, counter, bound);
	} else {
		mov(g, counter, gen_unknown(g));
		if (form != SHIFT && form != HALVE && form != LOWEST_BIT)
			alu_imm(g, ALU_AND, counter, bound);
	}
}

static u32 loop_test(struct gen *g, u32 form, u8 counter, s64 bound, u8 width)
{
	static const enum jump_op up[] = { JUMP_GE, JUMP_SGE, JUMP_GT, JUMP_SGT };

	switch (form) {
	case UP: return jump_if(g, up[pick(g->c, 4)], width, counter, bound);
	case SPILLED:
		load(g, 8, counter, BPF_REG_FP, -8, false);
		return jump_if(g, up[pick(g->c, 4)], width, counter, bound);
	case DOWN: return jump_if(g, JUMP_SLE, width, counter, (s64)pick(g->c, 3));
	case NOT_EQUAL: return jump_if(g, JUMP_EQ, width, counter, bound);
	case MAY_GOTO: return emit(g, (struct insn){ .kind = INSN_MAY_GOTO });
	default: return jump_if(g, JUMP_EQ, 64, counter, 0);
	}
}

static void loop_count(struct gen *g, u32 form, u8 counter, u8 width, u8 spare)
{
	enum alu_op op = form == SHIFT			    ? ALU_RSH
			 : form == HALVE		    ? ALU_DIV
			 : form == DOWN || form == DO_WHILE ? ALU_SUB
							    : ALU_ADD;
	s64 step = form == HALVE			   ? 2 + (s64)pick(g->c, 3)
		   : form == NOT_EQUAL || form == DO_WHILE ? 1
							   : 1 + (s64)pick(g->c, 3);

	if (form == LOWEST_BIT) {
		mov(g, spare, counter);
		alu_imm(g, ALU_SUB, spare, 1);
		alu_reg(g, ALU_AND, 64, counter, spare);
		return;
	}
	alu_imm(g, op, counter, step);
	g->out->insns[g->count - 1].width = form == HALVE || form == SHIFT ? 64 : width;
	if (form == SPILLED)
		store(g, 8, BPF_REG_FP, -8, counter);
}

/* A counter that goes up or down, is shifted, lies on the stack; or none but the run time's. */
void gen_loop(struct gen *g)
{
	u32 form = pick(g->c, FORMS), head, out = 0, back, leave = UINT32_MAX;
	u8 counter = gen_saved(g), width = rarely(g, 4) ? 32 : 64, spare;
	s64 bound = 1 + (s64)pick(g->c, g->loops == 0 ? 40 : 6);
	u16 locked = g->locked, init = g->init;
	struct gen_saved_state before, middle;

	if (counter == BPF_REG_COUNT || g->loops >= 2)
		return;
	loop_start(g, form, counter, bound);
	if (form == SPILLED) {
		store(g, 8, BPF_REG_FP, -8, counter);
		g->init &= (u16)~1u; /* random statements leave it alone */
	}
	if (!rarely(g, 24))
		g->locked |= (u16)(1u << counter);
	before = gen_loop_enter(g);
	head = g->count;
	if (form != DO_WHILE)
		out = loop_test(g, form, counter, bound, width);
	g->no_first_word += form == SPILLED;
	gen_block(g, g->loops > 1 ? 2 : 3);
	if (rarely(g, 4))
		leave = random_jump(g);
	g->no_first_word -= form == SPILLED;
	middle = gen_save(g);
	spare = gen_target(g);
	if (spare == counter)
		spare = 0;
	loop_count(g, form, counter, width, spare);
	gen_loop_leave(g, &before);
	if (form == DO_WHILE) {
		back = jump_if(g, flip(g->c) ? JUMP_NE : JUMP_SGT, width, counter, 0);
	} else {
		back = jump(g);
		land(g, out);
	}
	jump_back(g, back, head);
	if (leave != UINT32_MAX)
		land(g, leave);
	g->locked = locked;
	gen_meet(g, &before);
	if (leave != UINT32_MAX)
		gen_meet(g, &middle);
	g->init = (u16)(g->init & init);
}

/* An operation on the address in dst, after which nothing is known of it. */
static void address_operation(struct gen *g, u8 dst)
{
	u8 width = flip(g->c) ? 32 : 64, from = gen_holding(g, K_NUMBER);
	enum alu_op op = (enum alu_op)pick(g->c, ALU_OP_COUNT);
	s64 imm = op == ALU_LSH || op == ALU_RSH || op == ALU_ARSH ? (s64)pick(g->c, width)
								   : choice_imm(g->c) | 1;

	switch (pick(g->c, 6)) {
	case 0: emit(g, (struct insn){ .kind = INSN_NEG, .width = width, .dst = dst }); break;
	case 1:
		emit(g, (struct insn){ .kind = INSN_MOVSX,
				       .size = 2,
				       .width = width,
				       .dst = dst,
				       .src = dst });
		break;
	case 2:
		emit(g, (struct insn){ .kind = INSN_SWAP,
				       .op = SWAP_BE,
				       .size = (u8)(2u << pick(g->c, 3)),
				       .width = 64,
				       .dst = dst });
		break;
	case 3:
		land(g, jump_if(g, (enum jump_op)pick(g->c, JUMP_OP_COUNT), width, dst,
				flip(g->c) ? 0 : choice_imm(g->c)));
		break;
	case 4:
		if (from < 10 && from != dst) {
			alu_reg(g, op, width, dst, from);
			break;
		}
		FALLTHROUGH;
	default:
		alu_imm(g, op, dst, imm);
		g->out->insns[g->count - 1].width = width;
		break;
	}
	gen_set(g, dst, K_NONE);
}

/* Memory that is ordered although it is the packet: that of programs without a type. */
static void raw_memory(struct gen *g)
{
	u8 reg = gen_holding(g, K_VALUE);

	if (g->ctx == NULL && g->rank == 0 && reg < 10)
		gen_use_memory(g, reg, 0, 16, true);
}

void gen_reveal(struct gen *g, u8 dst, u8 src, u32 count)
{
	for (u32 i = 0; i < count && g->is_leaky && g->may_leak; i++) {
		mov(g, dst, src);
		address_operation(g, dst);
	}
}

void gen_leak_of(struct gen *g, u8 reg)
{
	u8 dst = gen_target(g);

	if (!g->is_leaky || !g->may_leak || dst == reg || is_locked(g, dst))
		return;
	mov(g, dst, reg);
	address_operation(g, dst);
}

/* Whoever may reveal addresses may compute with them. */
void gen_leak(struct gen *g)
{
	u8 dst = gen_target(g), src = (u8)pick(g->c, 11);

	raw_memory(g);
	for (u32 i = 0; i < 4 && (g->kinds[src] <= K_NUMBER || g->kinds[src] == K_OTHER); i++)
		src = (u8)pick(g->c, 11);
	if (!g->may_leak || g->kinds[src] <= K_NUMBER || g->kinds[src] == K_OTHER || dst == src ||
	    is_locked(g, dst))
		return;
	mov(g, dst, src);
	gen_set(g, dst, K_NUMBER);
	switch (pick(g->c, 8)) {
	case 0: alu_reg(g, ALU_MOV, 32, dst, src); break;
	case 5:
	case 6:
	case 7:
		for (u32 i = 0; i < 6; i++) {
			if (rarely(g, 3))
				lddw(g, LDDW_MAP, dst, PROGRAM_ARRAY, 0);
			else
				mov(g, dst, src);
			address_operation(g, dst);
		}
		break;
	case 1: alu_imm(g, ALU_MUL, dst, choice_imm(g->c)); break;
	case 2: alu_imm(g, ALU_RSH, dst, 1 + (s64)pick(g->c, 63)); break;
	case 3: emit(g, (struct insn){ .kind = INSN_NEG, .width = 64, .dst = dst }); break;
	default:
		lddw(g, LDDW_MAP_VALUE, dst, PROGRAM_GLOBAL, 8);
		store(g, 8, dst, 0, src);
		gen_set(g, dst, K_NONE);
		break;
	}
}
