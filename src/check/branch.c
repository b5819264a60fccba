/* SPDX-License-Identifier: MIT */
/* Conditional jumps: what each side learns, and whether it can be gone at all. */
#include "check/exact.h"
#include "check/internal.h"

/* Comparing addresses is comparing offsets only where no address wraps around: the first 64 KiB of
 * an address space hold nothing, and no object is within VALUE_MAX_OFFSET of its end. A packet that
 * is empty may be at address 0. */
#define MIN_OFFSET (-0xffff)

/* The outcome of `a OP b` as one of these, over exact integers. */
enum relation {
	REL_NONE, /* says nothing about the difference */
	REL_LT,
	REL_LE,
	REL_EQ,
	REL_NE,
	REL_GE,
	REL_GT,
};

/* is_signed: of the comparison. */
static enum relation relation_of(enum jump_op op, bool taken, bool *ret_signed)
{
	static const struct {
		u8 taken, not_taken;
		bool is_signed;
	} of[JUMP_OP_COUNT] = {
		[JUMP_EQ] = { REL_EQ, REL_NE, false },	    [JUMP_NE] = { REL_NE, REL_EQ, false },
		[JUMP_GT] = { REL_GT, REL_LE, false },	    [JUMP_GE] = { REL_GE, REL_LT, false },
		[JUMP_LT] = { REL_LT, REL_GE, false },	    [JUMP_LE] = { REL_LE, REL_GT, false },
		[JUMP_SGT] = { REL_GT, REL_LE, true },	    [JUMP_SGE] = { REL_GE, REL_LT, true },
		[JUMP_SLT] = { REL_LT, REL_GE, true },	    [JUMP_SLE] = { REL_LE, REL_GT, true },
		[JUMP_SET] = { REL_NONE, REL_NONE, false },
	};

	*ret_signed = of[op].is_signed;
	return taken ? (enum relation)of[op].taken : (enum relation)of[op].not_taken;
}

/* A place on the line of exact integers: sym + [lo, hi]. */
struct place {
	u32 sym;
	s64 lo, hi;
};

static struct place place_of(const struct value *v)
{
	return (struct place){ .sym = v->sym, .lo = v->dlo, .hi = v->dhi };
}

/* a - b <= c. */
static bool add_bound(struct state *state, struct place a, struct place b, s64 c)
{
	/* a.sym + a.lo <= a <= b + c <= b.sym + b.hi + c */
	if (a.lo == INT64_MIN || b.hi == INT64_MAX || !exact_add_fits(c, b.hi, &c) ||
	    !exact_sub_fits(c, a.lo, &c) || c == INT64_MAX)
		return true;
	return state_add_diff(state, a.sym, b.sym, c);
}

static bool add_relation(struct state *state, enum relation rel, struct place a, struct place b)
{
	switch (rel) {
	case REL_NONE: return true;
	case REL_LT: return add_bound(state, a, b, -1);
	case REL_LE: return add_bound(state, a, b, 0);
	case REL_GE: return add_bound(state, b, a, 0);
	case REL_GT: return add_bound(state, b, a, -1);
	case REL_EQ: return add_bound(state, a, b, 0) && add_bound(state, b, a, 0);
	case REL_NE: break;
	}
	/* Not equal: at the border it is less. */
	if (a.lo != a.hi || b.lo != b.hi)
		return true;
	if (exact_sub(exact_add(state_sym_bound(state, a.sym, b.sym), a.lo), b.lo) == 0)
		return add_bound(state, a, b, -1);
	if (exact_sub(exact_add(state_sym_bound(state, b.sym, a.sym), b.lo), a.lo) == 0)
		return add_bound(state, b, a, -1);
	return true;
}

/* Whether the comparison of these numbers says the same about them as exact signed integers. */
static bool is_exact_compare(const struct value *a, const struct value *b, bool is_signed,
			     unsigned width)
{
	s64 least = MIN(a->n.smin, b->n.smin), most = MAX(a->n.smax, b->n.smax);

	if (width == 64)
		return is_signed || least >= 0;
	return least >= 0 && most <= (is_signed ? INT32_MAX : (s64)UINT32_MAX);
}

/* Numbers. False: not possible. */
static bool assume_numbers(struct state *state, const struct insn *insn, bool taken)
{
	bool is_imm = (insn->flags & INSN_IMM) != 0, is_signed;
	struct value *a = &state->regs[insn->dst];
	struct value imm = is_imm ? value_const((u64)insn->imm) : value_none;
	struct value *b = is_imm ? &imm : &state->regs[insn->src];
	enum relation rel = relation_of((enum jump_op)insn->op, taken, &is_signed);
	bool is_related = (a->n.smin != a->n.smax && b->n.smin != b->n.smax) ||
			  (a->sym != SYM_ZERO && b->sym != SYM_ZERO);

	if (!scalar_assume((enum jump_op)insn->op, insn->width, taken, &a->n, &b->n))
		return false;
	value_fix(a);
	value_fix(b);
	if (!state_spread(state, a) || (!is_imm && !state_spread(state, b)))
		return false;
	/* Equality holds of exact integers however they are compared. */
	if (rel == REL_EQ || rel == REL_NE)
		is_signed = true;
	if (!is_related || !is_exact_compare(a, b, is_signed, insn->width))
		return true;
	return add_relation(state, rel, place_of(a), place_of(b));
}

/* x OP x: by the operation alone. */
static bool same_register(const struct insn *insn, bool taken)
{
	switch ((enum jump_op)insn->op) {
	case JUMP_EQ:
	case JUMP_GE:
	case JUMP_LE:
	case JUMP_SGE:
	case JUMP_SLE: return taken;
	case JUMP_NE:
	case JUMP_GT:
	case JUMP_LT:
	case JUMP_SGT:
	case JUMP_SLT: return !taken;
	case JUMP_SET:
	case JUMP_OP_COUNT: break;
	}
	return true;
}

static bool is_packet(u32 type)
{
	return type == VALUE_PACKET || type == VALUE_META || type == VALUE_PACKET_END;
}

static bool offset_is_sane(const struct value *v)
{
	return v->n.smin >= (is_packet(v->type) ? 0 : MIN_OFFSET) && v->n.smax <= VALUE_MAX_OFFSET;
}

/* Where two packet pointers are relative to each other, when that can be said with one symbol each.
 */
static bool packet_places(const struct value *a, const struct value *b, struct place *ret_a,
			  struct place *ret_b)
{
	const struct value *v[] = { a, b };
	struct place *to[] = { ret_a, ret_b };
	bool has_meta = a->type == VALUE_META || b->type == VALUE_META;

	for (u32 i = 0; i < 2; i++) {
		*to[i] = place_of(v[i]);
		if (v[i]->type == VALUE_META)
			continue;
		/* From data_meta on, data is at SYM_META, and data_end further than one symbol
		 * says. */
		if (v[i]->type == VALUE_PACKET_END || has_meta) {
			if (v[i]->sym != SYM_ZERO || (v[i]->type == VALUE_PACKET_END && has_meta))
				return false;
			to[i]->sym = v[i]->type == VALUE_PACKET_END ? SYM_LEN : SYM_META;
		}
	}
	return true;
}

/* Two addresses in one object. False: not possible. */
static bool assume_addresses(struct state *state, const struct insn *insn, bool taken)
{
	struct value *a = &state->regs[insn->dst], *b = &state->regs[insn->src];
	bool is_signed;
	enum relation rel = relation_of((enum jump_op)insn->op, taken, &is_signed);
	struct place pa, pb;

	if (insn->width != 64 || !offset_is_sane(a) || !offset_is_sane(b) ||
	    (is_signed && rel != REL_NONE))
		return true;
	if (is_packet(a->type)) {
		if (!packet_places(a, b, &pa, &pb))
			return true;
	} else {
		static const u8 as_signed[JUMP_OP_COUNT] = {
			[JUMP_EQ] = JUMP_EQ,   [JUMP_NE] = JUMP_NE,   [JUMP_GT] = JUMP_SGT,
			[JUMP_GE] = JUMP_SGE,  [JUMP_LT] = JUMP_SLT,  [JUMP_LE] = JUMP_SLE,
			[JUMP_SGT] = JUMP_SGT, [JUMP_SGE] = JUMP_SGE, [JUMP_SLT] = JUMP_SLT,
			[JUMP_SLE] = JUMP_SLE, [JUMP_SET] = JUMP_SET,
		};

		pa = place_of(a);
		pb = place_of(b);
		if (rel != REL_NONE) {
			if (!scalar_assume((enum jump_op)as_signed[insn->op], 64, taken, &a->n,
					   &b->n))
				return false;
			value_fix(a);
			value_fix(b);
			if (!state_spread(state, a) || !state_spread(state, b))
				return false;
		}
	}
	return add_relation(state, rel, pa, pb);
}

/* Whether the difference of these has a meaning that does not tell where they are. */
static bool is_same_object(const struct transfer *t, const struct value *a, const struct value *b)
{
	if (((a->flags | b->flags) & VALUE_NULLABLE) != 0)
		return false;
	if (is_packet(a->type) && is_packet(b->type))
		return true;
	if (a->type != b->type || a->region != b->region || a->id != b->id)
		return false;
	return a->type == VALUE_STACK || a->type == VALUE_CTX || value_is_only_one(t->prog, a);
}

/* A pointer and the constant 0. */
static bool assume_null(struct state *state, u32 reg, bool is_null)
{
	struct value *v = &state->regs[reg];

	if ((v->flags & VALUE_NULLABLE) == 0) {
		/* Only an address whose offset is known for what it is cannot be 0. */
		return !is_null || is_packet(v->type) || !offset_is_sane(v);
	}
	if (v->id != ID_NONE) {
		u32 id = v->id;

		state_resolve_null(state, id, is_null);
		return iter_tested(state, id, is_null);
	}
	if (is_null)
		*v = value_const(0);
	else
		v->flags &= (u8)~VALUE_NULLABLE;
	return true;
}

/* Is the jump a test of a pointer against NULL? Which register, and does taking it mean NULL? */
static bool is_null_test(const struct state *state, const struct insn *insn, u32 *ret_reg,
			 bool *ret_taken_is_null)
{
	const struct value *a = &state->regs[insn->dst], *b = &state->regs[insn->src];
	u64 n;

	if (insn->width != 64 || (insn->op != JUMP_EQ && insn->op != JUMP_NE))
		return false;
	*ret_taken_is_null = insn->op == JUMP_EQ;
	*ret_reg = insn->dst;
	if ((insn->flags & INSN_IMM) != 0)
		return value_is_pointer(a) && insn->imm == 0;
	if (value_is_pointer(a))
		return value_is_const(b, &n) && n == 0;
	*ret_reg = insn->src;
	return value_is_pointer(b) && value_is_const(a, &n) && n == 0;
}

/* A pointer and a number where no address is: compilers make `p + 4 == 4` of `p == NULL`. It tells
 * nothing, and nothing follows from it. */
static bool is_low_test(const struct value *a, const struct insn *insn)
{
	return insn->width == 64 && (insn->op == JUMP_EQ || insn->op == JUMP_NE) &&
	       (insn->flags & INSN_IMM) != 0 && insn->imm > 0 && insn->imm < 4096 &&
	       value_is_pointer(a);
}

/* One side of the jump. False: it cannot be gone. */
static bool assume_side(const struct transfer *t, struct state *state, const struct insn *insn,
			bool taken)
{
	const struct value *a = &state->regs[insn->dst], *b = &state->regs[insn->src];
	bool is_imm = (insn->flags & INSN_IMM) != 0, taken_is_null;
	u32 reg;

	if (!is_imm && insn->dst == insn->src && !same_register(insn, taken))
		return false;
	if (is_null_test(state, insn, &reg, &taken_is_null))
		return assume_null(state, reg, taken == taken_is_null);
	if (value_is_number(a) && (is_imm || value_is_number(b)))
		return assume_numbers(state, insn, taken);
	if (!is_imm && value_is_pointer(a) && value_is_pointer(b) && is_same_object(t, a, b))
		return assume_addresses(state, insn, taken);
	return true;
}

/* Whether the operands may be compared at all; gives names to those whose relation will count. */
static enum transfer_result compare_check(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	struct value *a = &state->regs[insn->dst], *b = &state->regs[insn->src];
	bool is_imm = (insn->flags & INSN_IMM) != 0, taken_is_null;
	enum transfer_result result = transfer_readable(t, state, slot, insn->dst);
	u32 reg;

	if (result == TRANSFER_OK && !is_imm)
		result = transfer_readable(t, state, slot, insn->src);
	if (result != TRANSFER_OK)
		return result;
	if (value_is_number(a) && (is_imm || value_is_number(b))) {
		/* Two that both vary will have something to do with each other. */
		if (!is_imm && a->n.smin != a->n.smax && b->n.smin != b->n.smax &&
		    insn->op != JUMP_SET) {
			state_name(state, a);
			state_name(state, b);
		}
		return TRANSFER_OK;
	}
	if (is_null_test(state, insn, &reg, &taken_is_null) || is_low_test(a, insn))
		return TRANSFER_OK;
	if (!is_imm && insn->width == 64 && value_is_pointer(a) && value_is_pointer(b) &&
	    is_same_object(t, a, b)) {
		state_name(state, a);
		state_name(state, b);
		return TRANSFER_OK;
	}
	if (transfer_may_leak(t))
		return TRANSFER_OK;
	return transfer_fail(t, FINDING_POINTER_COMPARE, slot, state,
			     value_is_number(a) ? insn->src : insn->dst);
}

enum transfer_result transfer_branch(struct transfer *t, struct state *state, u32 slot,
				     struct state *ret_taken, bool ret_feasible[2])
{
	const struct insn *insn = transfer_insn_at(t, slot);
	enum transfer_result result;

	ret_feasible[CFG_NEXT] = true;
	ret_feasible[CFG_TARGET] = true;
	if (insn->kind == INSN_MAY_GOTO) {
		state_copy(ret_taken, state);
		return TRANSFER_OK;
	}
	result = compare_check(t, state, slot);
	if (result != TRANSFER_OK)
		return result;
	state_copy(ret_taken, state);
	ret_feasible[CFG_NEXT] = assume_side(t, state, insn, false);
	ret_feasible[CFG_TARGET] = assume_side(t, ret_taken, insn, true);
	return TRANSFER_OK;
}
