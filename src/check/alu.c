/* SPDX-License-Identifier: MIT */
/* Arithmetic: on numbers, with what is known between them, and on pointers. */
#include "base/str.h"
#include "check/exact.h"
#include "check/internal.h"

/* v is a number that does not change when only its low size bytes are looked at, zero-extended. */
static bool fits_unsigned(const struct value *v, u32 size)
{
	return size == 8 || v->n.umax <= ~0ull >> (64 - 8 * size);
}

struct value value_truncate(const struct value *v, u32 size)
{
	struct scalar n;

	if (fits_unsigned(v, size))
		return *v;
	n = scalar_extend(&v->n, size, false);
	return value_number(&n);
}

/* The sum or difference of what is related to a symbol: moves it by [lo, hi], unless the result may
 * have wrapped, which the exact ranges tell. */
static void relate_moved(struct value *to, const struct value *from, s64 lo, s64 hi, bool is_exact)
{
	s64 dlo, dhi;

	if (!is_exact || from->sym == SYM_ZERO || !exact_add_fits(from->dlo, lo, &dlo) ||
	    !exact_add_fits(from->dhi, hi, &dhi)) {
		value_forget(to);
		return;
	}
	to->sym = from->sym;
	to->dlo = dlo;
	to->dhi = dhi;
}

/* a + [lo, hi] stays in s64, and with 32 bits in u32 where a is, too. */
static bool sum_is_exact(const struct value *a, s64 lo, s64 hi, unsigned width)
{
	s64 least, most;

	if (!exact_add_fits(a->n.smin, lo, &least) || !exact_add_fits(a->n.smax, hi, &most))
		return false;
	return width == 64 ||
	       (a->n.smin >= 0 && a->n.smax <= UINT32_MAX && least >= 0 && most <= UINT32_MAX);
}

/* n - s and their like: negated bounds, when they have one. */
static bool negated(s64 lo, s64 hi, s64 *ret_lo, s64 *ret_hi)
{
	if (lo == INT64_MIN || hi == INT64_MIN)
		return false;
	*ret_lo = -hi;
	*ret_hi = -lo;
	return true;
}

static void add_numbers(struct value *ret, const struct value *d, const struct value *s,
			unsigned width)
{
	s64 lo, hi;

	if (d->sym == SYM_ZERO) {
		const struct value *swap = d;

		d = s;
		s = swap;
	}
	lo = s->n.smin;
	hi = s->n.smax;
	/* With 32 bits a constant -1 counts as such, not as 2^32 - 1. Any other number that has the
	 * same low bits would do, too: the sum is the same where it is exact. */
	if (width == 32) {
		bool is_constant = lo == hi;

		lo = is_constant ? s->n.smin32 : (s64)s->n.umin32;
		hi = is_constant ? s->n.smax32 : (s64)s->n.umax32;
	}
	relate_moved(ret, d, lo, hi, sum_is_exact(d, lo, hi, width));
}

static void sub_numbers(const struct state *state, struct value *ret, const struct value *d,
			const struct value *s, unsigned width)
{
	s64 slo = s->n.smin, shi = s->n.smax;
	struct value difference;

	if (width == 32 && slo == shi) {
		slo = s->n.smin32;
		shi = s->n.smax32;
	}
	if (s->sym != SYM_ZERO && d->sym != SYM_ZERO &&
	    (width == 64 || (fits_unsigned(d, 4) && fits_unsigned(s, 4))) &&
	    value_difference(NULL, state, d, s, &difference)) {
		struct value cut = width == 64 ? difference : value_truncate(&difference, 4);

		if (!scalar_meet(&ret->n, &cut.n, &ret->n))
			return;
		value_fix(ret);
	}
	if (negated(slo, shi, &slo, &shi))
		relate_moved(ret, d, slo, shi, sum_is_exact(d, slo, shi, width));
}

/* Operations that make a non-negative number no greater: r is in [0, d], below d by at least `by`.
 */
static void relate_shrunk(struct value *ret, const struct value *d, bool is_less, unsigned width)
{
	s64 lo, hi;

	if (d->sym == SYM_ZERO || d->n.smin < 0 || (width == 32 && d->n.smax > UINT32_MAX))
		return;
	if (!exact_sub_fits(d->dlo, d->n.smax, &lo) ||
	    !exact_sub_fits(d->dhi, is_less && d->n.smin > 0 ? 1 : 0, &hi))
		return;
	ret->sym = d->sym;
	ret->dlo = lo;
	ret->dhi = hi;
	if ((d->flags & VALUE_HALVED) != 0 || (is_less && d->dlo == 0 && d->dhi == 0))
		ret->flags |= VALUE_HALVED;
}

static void and_numbers(struct value *ret, const struct value *d, const struct value *s,
			unsigned width)
{
	bool has_d = d->sym != SYM_ZERO && d->n.smin >= 0,
	     has_s = s->sym != SYM_ZERO && s->n.smin >= 0;

	/* x & (x - 1): the smaller one counts. */
	if (has_s && (!has_d || (s->sym == d->sym && s->dhi < d->dhi)))
		relate_shrunk(ret, s, false, width);
	else
		relate_shrunk(ret, d, false, width);
}

/* The number that d OP s is. */
static NOINLINE struct value alu_numbers(struct state *state, const struct insn *insn,
					 const struct value *d, const struct value *s)
{
	struct scalar n = scalar_alu((enum alu_op)insn->op, insn->width, &d->n, &s->n);
	struct value ret = value_number(&n);
	bool is_same = (insn->flags & INSN_IMM) == 0 && insn->dst == insn->src;

	switch ((enum alu_op)insn->op) {
	case ALU_ADD:
		if (!is_same)
			add_numbers(&ret, d, s, insn->width);
		break;
	case ALU_SUB:
		if (is_same)
			return value_const(0);
		sub_numbers(state, &ret, d, s, insn->width);
		break;
	case ALU_XOR:
		if (is_same)
			return value_const(0);
		break;
	case ALU_AND: and_numbers(&ret, d, s, insn->width); break;
	case ALU_MOV: return value_truncate(s, insn->width / 8);
	case ALU_RSH:
		relate_shrunk(&ret, d, s->n.umin >= 1 && s->n.umax < insn->width, insn->width);
		break;
	case ALU_DIV: {
		struct scalar low = scalar_extend(&s->n, insn->width / 8, false);

		relate_shrunk(&ret, d, low.umin >= 2, insn->width);
		break;
	}
	case ALU_MOD: relate_shrunk(&ret, d, false, insn->width); break;
	case ALU_OR:
	case ALU_MUL:
	case ALU_SDIV:
	case ALU_SMOD:
	case ALU_LSH:
	case ALU_ARSH:
	case ALU_OP_COUNT: break;
	}
	return ret;
}

/* Of an address nothing is known: it may be null, and its low half anything. */
static bool may_divisor_be_zero(const struct transfer *t, const struct insn *insn,
				const struct value *s)
{
	struct scalar low = scalar_extend(&s->n, insn->width / 8, false);

	return value_is_number(s) ? scalar_contains(&low, 0) : transfer_may_leak(t);
}

static bool is_packet(u32 type)
{
	return type == VALUE_PACKET || type == VALUE_META || type == VALUE_PACKET_END;
}

/* The address as a number, for those who may know it. */
static struct value leaked(u32 width)
{
	struct scalar n = scalar_from_load(width / 8, false);

	return value_number(&n);
}

/* Offsets for which adding and comparing addresses means what it does with numbers. */
static bool offset_is_sane(const struct value *v)
{
	return v->n.smin >= -VALUE_MAX_OFFSET && v->n.smax <= VALUE_MAX_OFFSET;
}

/* p + s or p - s for a number s, which is named when that helps. */
static NOINLINE struct value move_pointer(struct state *state, const struct value *p,
					  struct value *s, bool is_sub)
{
	struct value ret = *p;
	s64 lo = s->n.smin, hi = s->n.smax;
	bool is_exact = true;

	ret.n = scalar_alu(is_sub ? ALU_SUB : ALU_ADD, 64, &p->n, &s->n);
	if (is_sub)
		is_exact = negated(lo, hi, &lo, &hi);
	if (is_exact)
		is_exact = sum_is_exact(p, lo, hi, 64);
	if (p->sym == SYM_ZERO && value_is_exact(p) && !is_sub) {
		state_name(state, s);
		relate_moved(&ret, s, p->dlo, p->dhi, is_exact);
	} else {
		relate_moved(&ret, p, lo, hi, is_exact);
	}
	if (!is_exact || !offset_is_sane(&ret)) {
		/* It may be anywhere now. */
		ret.n = scalar_top();
		value_forget(&ret);
		return ret;
	}
	state_name(state, &ret);
	return ret;
}

/* What PACKET_LOW is the half of. */
static struct value low_as_pointer(const struct value *v)
{
	struct value ret = *v;

	if (v->type == VALUE_PACKET_LOW) {
		ret.type = (u8)v->region;
		ret.region = 0;
	}
	return ret;
}

static struct value make_low(const struct value *p)
{
	struct value ret = *p;

	if (p->type != VALUE_PACKET_LOW) {
		ret.region = p->type;
		ret.type = VALUE_PACKET_LOW;
	}
	return ret;
}

/* a - b, which are sym + [dlo, dhi] for these symbols: the exact difference of two offsets, when
 * that is a number of s64. Whether an address wraps around does not matter, as it is the same
 * modulo 2^64. */
static void difference_of(const struct state *state, const struct value *a, u32 a_sym,
			  const struct value *b, u32 b_sym, struct value *ret)
{
	s64 hi = exact_sub(exact_add(state_sym_bound(state, a_sym, b_sym), a->dhi), b->dlo);
	s64 lo = exact_add(exact_sub(state_sym_bound(state, b_sym, a_sym), a->dlo), b->dhi);
	struct scalar n;

	if (hi == INT64_MAX || lo == INT64_MAX || lo == INT64_MIN || -lo > hi)
		return;
	n = scalar_range_s(-lo, hi);
	*ret = value_number(&n);
	if (b_sym == SYM_ZERO && a_sym != SYM_ZERO && exact_sub_fits(a->dlo, b->dhi, &lo) &&
	    exact_sub_fits(a->dhi, b->dlo, &hi)) {
		ret->sym = a_sym;
		ret->dlo = lo;
		ret->dhi = hi;
	}
}

/* Where a packet pointer is, from data on: sym + [dlo, dhi], or minus a symbol for META. */
static void packet_difference(const struct state *state, const struct value *a,
			      const struct value *b, struct value *ret)
{
	u32 a_sym = a->sym, b_sym = b->sym;

	/* data_end - x and data - data_meta: the lengths are the positions. */
	if (a->type == VALUE_PACKET_END && a->sym == SYM_ZERO)
		a_sym = SYM_LEN;
	if (b->type == VALUE_PACKET_END && b->sym == SYM_ZERO)
		b_sym = SYM_LEN;
	if (a->type == VALUE_PACKET && b->type == VALUE_META && a->sym == SYM_ZERO)
		a_sym = SYM_META;
	else if ((a->type == VALUE_META) != (b->type == VALUE_META))
		return;
	if ((a->type == VALUE_PACKET_END && a_sym != SYM_LEN) ||
	    (b->type == VALUE_PACKET_END && b_sym != SYM_LEN))
		return;
	difference_of(state, a, a_sym, b, b_sym, ret);
}

/* A global variable's section: there is one value of that map. */
bool value_is_only_one(const struct prog *prog, const struct value *v)
{
	return v->type == VALUE_MAP_VALUE && (v->flags & VALUE_INNER) == 0 && v->id == ID_NONE &&
	       prog->maps[v->region].is_global && prog->maps[v->region].max_entries == 1;
}

bool value_difference(const struct prog *prog, const struct state *state, const struct value *a,
		      const struct value *b, struct value *ret)
{
	*ret = value_unknown();
	if (is_packet(a->type) && is_packet(b->type)) {
		packet_difference(state, a, b, ret);
		return true;
	}
	if (a->type != b->type || a->region != b->region || a->id != b->id)
		return false;
	/* Without an id two values of one map, or two records, may be two places. */
	if (a->type != VALUE_NUMBER && a->type != VALUE_STACK && a->type != VALUE_CTX &&
	    !value_is_only_one(prog, a))
		return false;
	difference_of(state, a, a->sym, b, b->sym, ret);
	return true;
}

static bool can_move(const struct value *p)
{
	switch ((enum value_type)p->type) {
	case VALUE_CTX:
	case VALUE_STACK:
	case VALUE_PACKET:
	case VALUE_META:
	case VALUE_PACKET_END:
	case VALUE_MAP_VALUE:
	case VALUE_MEM:
	case VALUE_OBJECT: return true;
	case VALUE_NONE:
	case VALUE_NUMBER:
	case VALUE_MAP:
	case VALUE_ITER:
	case VALUE_CODE:
	case VALUE_PACKET_LOW:
	case VALUE_TYPE_COUNT: break;
	}
	return false;
}

/* 32-bit arithmetic with at least one address. */
static NOINLINE enum transfer_result alu_low(struct transfer *t, struct state *state, u32 slot,
					     struct value *d, const struct value *s)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool d_low = is_packet(d->type) || d->type == VALUE_PACKET_LOW;
	bool s_low = is_packet(s->type) || s->type == VALUE_PACKET_LOW;
	u32 bad = insn->op == ALU_MOV || value_is_number(d) ? insn->src : insn->dst;
	struct value p = low_as_pointer(d), q = low_as_pointer(s), by = *s;

	if (insn->op == ALU_MOV && s_low && (s->flags & VALUE_NULLABLE) == 0) {
		*d = make_low(s);
		return TRANSFER_OK;
	}
	if (insn->op == ALU_SUB && d_low && s_low &&
	    value_difference(t->prog, state, &p, &q, &by)) {
		*d = value_truncate(&by, 4);
		return TRANSFER_OK;
	}
	if ((insn->op == ALU_SUB || insn->op == ALU_ADD) && d_low && value_is_number(s) &&
	    s->n.smin == s->n.smax) {
		by = value_const((u64)s->n.smin);
		p = move_pointer(state, &p, &by, insn->op == ALU_SUB);
		*d = make_low(&p);
		return TRANSFER_OK;
	}
	if (!transfer_may_leak(t))
		return transfer_fail(t, FINDING_POINTER_ALU_32, slot, state, bad);
	*d = leaked(32);
	return TRANSFER_OK;
}

/* 64-bit arithmetic with at least one address. */
static NOINLINE enum transfer_result alu_pointer(struct transfer *t, struct state *state, u32 slot,
						 struct value *d, struct value *s)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool is_swapped = value_is_number(d);
	const struct value *p = is_swapped ? s : d;
	u32 bad = is_swapped ? insn->src : insn->dst;
	struct value difference;

	if (insn->op == ALU_MOV) {
		state_name(state, s);
		*d = *s;
		return TRANSFER_OK;
	}
	if (insn->op == ALU_SUB && value_is_pointer(d) && value_is_pointer(s) &&
	    ((d->flags | s->flags) & VALUE_NULLABLE) == 0 &&
	    value_difference(t->prog, state, d, s, &difference)) {
		*d = difference;
		return TRANSFER_OK;
	}
	if ((insn->op == ALU_ADD || (insn->op == ALU_SUB && !is_swapped)) && can_move(p) &&
	    (value_is_number(d) || value_is_number(s))) {
		if ((p->flags & VALUE_NULLABLE) != 0)
			return transfer_fail(t, FINDING_POINTER_NULL_ALU, slot, state, bad);
		*d = move_pointer(state, p, is_swapped ? d : s, insn->op == ALU_SUB);
		return TRANSFER_OK;
	}
	if (transfer_may_leak(t)) {
		*d = value_unknown();
		return TRANSFER_OK;
	}
	if (insn->op == ALU_SUB && value_is_pointer(d) && value_is_pointer(s))
		return transfer_fail(t, FINDING_POINTER_SUB, slot, state, insn->dst);
	return transfer_fail(t, FINDING_POINTER_ALU, slot, state, bad);
}

static bool is_by_32(const struct insn *insn, u32 dst)
{
	return insn->kind == INSN_ALU && insn->width == 64 && (insn->flags & INSN_IMM) != 0 &&
	       insn->imm == 32 && insn->dst == dst;
}

/* r = x; r <<= 32; r >>= 32: how compilers without 32-bit instructions extend x. It is the same
 * number where that changes nothing. NULL: it is not. */
static struct value *extended(const struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool is_signed = insn->op == ALU_ARSH;
	struct value *x;

	if ((insn->op != ALU_RSH && !is_signed) || !is_by_32(insn, insn->dst) || slot < 2 ||
	    slot < t->cfg->blocks[t->cfg->slot_blocks[slot]].start + 2 || insn[-1].op != ALU_LSH ||
	    !is_by_32(&insn[-1], insn->dst) || insn[-2].kind != INSN_ALU ||
	    insn[-2].op != ALU_MOV || insn[-2].width != 64 || (insn[-2].flags & INSN_IMM) != 0 ||
	    insn[-2].dst != insn->dst || insn[-2].src == insn->dst)
		return NULL;
	x = &state->regs[insn[-2].src];
	return value_is_number(x) && (is_signed ? x->n.smin >= INT32_MIN && x->n.smax <= INT32_MAX
						: fits_unsigned(x, 4))
		       ? x
		       : NULL;
}

enum transfer_result transfer_alu(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	bool is_imm = (insn->flags & INSN_IMM) != 0;
	struct value *d = &state->regs[insn->dst], imm, *s = &imm, *x;
	enum transfer_result result = transfer_writable(t, state, slot, insn->dst);

	if (result == TRANSFER_OK && insn->op != ALU_MOV)
		result = transfer_readable(t, state, slot, insn->dst);
	if (is_imm) {
		imm = value_const((u64)insn->imm);
	} else {
		s = &state->regs[insn->src];
		if (result == TRANSFER_OK)
			result = transfer_readable(t, state, slot, insn->src);
	}
	if (result != TRANSFER_OK)
		return result;
	if (t->policy->no_division_by_zero &&
	    (insn->op == ALU_DIV || insn->op == ALU_MOD || insn->op == ALU_SDIV ||
	     insn->op == ALU_SMOD) &&
	    may_divisor_be_zero(t, insn, s))
		return transfer_fail(t, FINDING_DIVISION_BY_ZERO, slot, state,
				     is_imm ? FINDING_NO_REG : insn->src);
	if (value_is_number(s) && (insn->op == ALU_MOV || value_is_number(d))) {
		/* A copy stays related to what it was copied from. */
		if (insn->op == ALU_MOV && fits_unsigned(s, insn->width / 8))
			state_name(state, s);
		x = extended(t, state, slot);
		if (x != NULL)
			*d = *x;
		else
			*d = alu_numbers(state, insn, d, s);
		return TRANSFER_OK;
	}
	if (insn->width == 32)
		return alu_low(t, state, slot, d, s);
	return alu_pointer(t, state, slot, d, s);
}

/* One operand, a number; for those who may leak also an address. */
static enum transfer_result unary_operand(struct transfer *t, struct state *state, u32 slot,
					  u32 reg)
{
	enum transfer_result result =
		transfer_writable(t, state, slot, transfer_insn_at(t, slot)->dst);

	if (result == TRANSFER_OK)
		result = transfer_readable(t, state, slot, reg);
	if (result != TRANSFER_OK)
		return result;
	if (!value_is_number(&state->regs[reg])) {
		if (!transfer_may_leak(t))
			return transfer_fail(t, FINDING_POINTER_ALU, slot, state, reg);
		state->regs[reg] = value_unknown();
	}
	return TRANSFER_OK;
}

enum transfer_result transfer_neg(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	struct value *d = &state->regs[insn->dst];
	enum transfer_result result = unary_operand(t, state, slot, insn->dst);

	if (result == TRANSFER_OK) {
		struct scalar n = scalar_neg(&d->n, insn->width);

		*d = value_number(&n);
	}
	return result;
}

enum transfer_result transfer_movsx(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	struct value *s = &state->regs[insn->src];
	enum transfer_result result = unary_operand(t, state, slot, insn->src);
	s64 limit = 1ll << (8 * insn->size - 1);
	struct scalar n;

	if (result != TRANSFER_OK)
		return result;
	n = scalar_movsx(&s->n, insn->size, insn->width);
	/* It is the same number when its sign bit is where all above it are, and nothing is cut off
	 * again. */
	if (s->n.smin >= (insn->width == 64 ? -limit : 0) && s->n.smax < limit) {
		state_name(state, s);
		state->regs[insn->dst] = *s;
	} else {
		state->regs[insn->dst] = value_number(&n);
	}
	return TRANSFER_OK;
}

enum transfer_result transfer_swap(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	struct value *d = &state->regs[insn->dst];
	enum transfer_result result = unary_operand(t, state, slot, insn->dst);

	if (result == TRANSFER_OK) {
		struct scalar n = scalar_swap(&d->n, (enum swap_op)insn->op, insn->size);

		*d = value_number(&n);
	}
	return result;
}

/* Values that stay where they are, one after the other: arrays', and only the first is meant. */
static bool has_address(const struct prog_map *map)
{
	return map->is_global ||
	       (map->type != NULL && map->type->kind == MAP_KIND_ARRAY && map->max_entries == 1);
}

static struct value map_value_address(const struct transfer *t, const struct insn *insn)
{
	const struct prog_map *map = &t->prog->maps[insn->imm];
	struct value v = value_pointer(VALUE_MAP_VALUE, (u32)insn->imm);

	v.size = map->value_size;
	v.n = scalar_const((u32)insn->off);
	value_fix(&v);
	if (map->read_only)
		v.flags |= VALUE_READ_ONLY;
	return v;
}

enum transfer_result transfer_lddw(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	struct value *d = &state->regs[insn->dst];
	enum transfer_result result = transfer_writable(t, state, slot, insn->dst);

	if (result != TRANSFER_OK)
		return result;
	switch ((enum lddw_op)insn->op) {
	case LDDW_IMM: *d = value_const((u64)insn->imm); return TRANSFER_OK;
	case LDDW_MAP: *d = value_pointer(VALUE_MAP, (u32)insn->imm); return TRANSFER_OK;
	case LDDW_MAP_VALUE:
		if (!has_address(&t->prog->maps[insn->imm])) {
			transfer_fail(t, FINDING_MAP_ADDRESS, slot, state, FINDING_NO_REG);
			t->finding.region = (u32)insn->imm;
			return TRANSFER_FAIL;
		}
		*d = map_value_address(t, insn);
		return TRANSFER_OK;
	case LDDW_CODE: {
		u32 target = slot + 1 + (u32)insn->off;
		const struct prog_subprog *subprog = prog_subprog_at(t->prog, target);

		if (subprog == NULL)
			break;
		*d = value_pointer(VALUE_CODE, (u32)(subprog - t->prog->subprogs));
		return TRANSFER_OK;
	}
	case LDDW_VARIABLE:
		if (t->prog->vars[insn->imm].is_config) {
			*d = value_pointer(VALUE_MEM, PROG_NO_INDEX);
			d->flags = VALUE_READ_ONLY;
			d->size = t->prog->vars[insn->imm].size;
			return TRANSFER_OK;
		}
		/* What the host puts there is used as a number only: no access goes through it. */
		if (t->policy->unprivileged)
			break;
		*d = value_unknown();
		return TRANSFER_OK;
	case LDDW_MAP_IDX:
	case LDDW_MAP_IDX_VALUE:
	case LDDW_OP_COUNT: break;
	}
	return transfer_fail(t, FINDING_UNKNOWN_VARIABLE, slot, state, FINDING_NO_REG);
}
