/* SPDX-License-Identifier: MIT */
/* Joins of states. Where a value's symbol is sa in a and sb in b, the joined state has a symbol for
 * the pair (sa, sb): what a and b agree on about differences is kept, whatever the values
 * themselves are. Nothing here is trusted: the checker sees whether the result includes what came
 * in. */
#include "verify/join.h"

#include "base/str.h"
#include "check/exact.h"

#define PAIRS (BPF_REG_COUNT + STATE_CELLS)

/* A symbol of the joined state: base_a + sa in a, base_b + sb in b. */
struct pair {
	u32 a, b, to;
	s64 base_a, base_b;
};

/* An id likewise; is_null: the pointers are 0 on that side. */
struct id_pair {
	u32 a, b, to;
};
#define ID_NULL UINT32_MAX

struct join {
	struct state *a, *b, *ret;
	const struct join_options *options;
	struct pair pairs[PAIRS];
	u32 pair_count;
	struct id_pair ids[PAIRS];
	u32 id_count;
};

bool join_possible(const struct state *a, const struct state *b)
{
	if (a->frame_count != b->frame_count || a->ref_count != b->ref_count ||
	    a->lock.held != b->lock.held || a->lock.region != b->lock.region ||
	    a->lock.off != b->lock.off)
		return false;
	for (u32 i = 0; i < a->ref_count; i++) {
		if (a->refs[i].kind != b->refs[i].kind || a->refs[i].slot != b->refs[i].slot)
			return false;
	}
	return true;
}

static struct pair *pair_find(struct join *j, const struct value *a, const struct value *b)
{
	struct pair *pair;

	for (u32 i = 0; i < j->pair_count; i++) {
		pair = &j->pairs[i];
		if (pair->a == a->sym && pair->b == b->sym)
			return pair;
	}
	pair = &j->pairs[j->pair_count++];
	*pair = (struct pair){ .a = a->sym, .b = b->sym };
	/* What keeps its meaning keeps its number. */
	if (a->sym == b->sym && a->sym < SYM_FREE && a->sym != SYM_ZERO) {
		pair->to = a->sym;
	} else {
		pair->to = state_new_sym(j->ret);
		pair->base_a = a->dlo;
		pair->base_b = b->dlo;
	}
	return pair;
}

/* The relation of the joined value, when there is one. */
static void join_sym(struct join *j, const struct value *a, const struct value *b,
		     const struct value *old, struct value *ret)
{
	s64 a_lo, a_hi, b_lo, b_hi;
	const struct pair *pair;

	value_forget(ret);
	/* The same constant. Of two, numbers get a symbol where they are used. */
	if (a->sym == SYM_ZERO && b->sym == SYM_ZERO &&
	    ((value_is_number(a) && !j->options->is_head) ||
	     (value_is_exact(a) && value_is_exact(b) && a->dlo == b->dlo)))
		return;
	if (!value_is_exact(a) && a->sym == SYM_ZERO)
		return;
	if (!value_is_exact(b) && b->sym == SYM_ZERO)
		return;
	pair = pair_find(j, a, b);
	if (!exact_sub_fits(a->dlo, pair->base_a, &a_lo) ||
	    !exact_sub_fits(a->dhi, pair->base_a, &a_hi) ||
	    !exact_sub_fits(b->dlo, pair->base_b, &b_lo) ||
	    !exact_sub_fits(b->dhi, pair->base_b, &b_hi))
		return;
	/* Widening: a distance that still grows is given up. */
	if (old != NULL && j->options->is_widening && (b_lo < a_lo || b_hi > a_hi))
		return;
	ret->sym = pair->to;
	ret->dlo = MIN(a_lo, b_lo);
	ret->dhi = MAX(a_hi, b_hi);
}

static u32 join_id(struct join *j, u32 a, u32 b)
{
	if (a == b && a != ID_NULL && a < ID_FREE)
		return a;
	if (j->options->is_again)
		return ID_NONE;
	for (u32 i = 0; i < j->id_count; i++) {
		if (j->ids[i].a == a && j->ids[i].b == b)
			return j->ids[i].to;
	}
	j->ids[j->id_count] = (struct id_pair){ .a = a, .b = b, .to = state_new_id(j->ret) };
	return j->ids[j->id_count++].to;
}

static struct scalar join_scalar(const struct join *j, const struct scalar *a,
				 const struct scalar *b)
{
	struct scalar n = scalar_join(a, b);

	if (j->options->is_widening && !scalar_equal(&n, a)) {
		n = scalar_widen(a, &n, j->options->thresholds, j->options->threshold_count);
		if (!scalar_reduce(&n))
			n = scalar_top();
	}
	return n;
}

/* A null number on one side, a pointer on the other. */
static struct value join_null(struct join *j, const struct value *pointer, bool is_b)
{
	struct value v = *pointer;
	u32 id = (v.flags & VALUE_NULLABLE) != 0 || v.id != ID_NONE ? v.id : ID_NONE;

	v.id = is_b ? join_id(j, ID_NULL, id) : join_id(j, id, ID_NULL);
	v.flags |= VALUE_NULLABLE;
	value_forget(&v);
	return v;
}

static struct value join_pointer(struct join *j, const struct value *a, const struct value *b)
{
	struct value v = *a;
	bool may_be_null = ((a->flags | b->flags) & VALUE_NULLABLE) != 0;

	v.size = MIN(a->size, b->size);
	v.flags |= b->flags;
	/* Shared nullness, a reference, an inner map's identity: kept where both have one. */
	if (a->id != ID_NONE && b->id != ID_NONE)
		v.id = join_id(j, a->id, b->id);
	else if (may_be_null)
		v.id = join_id(j, a->id, b->id);
	else
		v.id = ID_NONE;
	if (a->parent != b->parent)
		v.parent = a->parent != ID_NONE && b->parent != ID_NONE
				   ? join_id(j, a->parent, b->parent)
				   : ID_NONE;
	else if (v.parent >= ID_FREE)
		v.parent = join_id(j, a->parent, b->parent);
	v.n = join_scalar(j, &a->n, &b->n);
	join_sym(j, a, b, a, &v);
	return v;
}

static bool is_zero(const struct value *v)
{
	u64 n;

	return value_is_number(v) && value_is_const(v, &n) && n == 0;
}

static struct value join_value(struct join *j, const struct value *a, const struct value *b)
{
	struct value v;

	if (a->type == VALUE_NONE || b->type == VALUE_NONE)
		return value_none;
	if (value_is_number(a) && value_is_number(b)) {
		v = *a;
		v.n = join_scalar(j, &a->n, &b->n);
		join_sym(j, a, b, a, &v);
		return v;
	}
	if (a->type == VALUE_ITER && b->type == VALUE_ITER)
		return join_pointer(j, a, b);
	if (is_zero(a) && value_is_pointer(b) && b->parent == ID_NONE)
		return join_null(j, b, true);
	if (is_zero(b) && value_is_pointer(a) && a->parent == ID_NONE)
		return join_null(j, a, false);
	if (a->type != b->type || a->region != b->region ||
	    ((a->flags ^ b->flags) & (VALUE_INNER | VALUE_ACQUIRED | VALUE_NAMED)) != 0 ||
	    (a->parent == ID_NONE) != (b->parent == ID_NONE))
		return value_none;
	return join_pointer(j, a, b);
}

/* One piece of stack that one of the states has a cell for. */
static void join_cell(struct join *j, const struct cell *cell)
{
	struct value a, b, v;

	if (state_cell(j->ret, cell->frame, cell->off, cell->size) != NULL)
		return;
	if (!state_is_init(j->ret, cell->frame, cell->off, cell->size)) {
		/* What is left of a pointer is nothing. */
		if (cell->value.type != VALUE_NUMBER)
			state_clear(j->ret, cell->frame, cell->off, cell->size);
		return;
	}
	a = state_load(j->a, cell->frame, cell->off, cell->size);
	b = state_load(j->b, cell->frame, cell->off, cell->size);
	v = join_value(j, &a, &b);
	if (v.type != VALUE_NONE)
		state_store(j->ret, cell->frame, cell->off, cell->size, &v);
	else if (a.type != VALUE_NUMBER || b.type != VALUE_NUMBER)
		state_clear(j->ret, cell->frame, cell->off, cell->size);
}

static void join_stack(struct join *j)
{
	struct state *ret = j->ret;

	for (u32 f = 0; f < ret->frame_count; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++)
			ret->frames[f].init[w] = j->a->frames[f].init[w] & j->b->frames[f].init[w];
	}
	/* Pointers first: bytes that are a pointer on one side only count as not initialised. */
	for (u32 round = 0; round < 2; round++) {
		const struct state *of[2] = { j->a, j->b };

		for (u32 s = 0; s < 2; s++) {
			for (u32 i = 0; i < of[s]->cell_count; i++) {
				struct cell cell = of[s]->cells[i];

				if ((cell.value.type == VALUE_NUMBER) == (round == 1))
					join_cell(j, &cell);
			}
		}
	}
}

static void join_refs(struct join *j)
{
	if (j->a->lock.held != 0)
		j->ret->lock.id = join_id(j, j->a->lock.id, j->b->lock.id);
	j->ret->ref_count = j->a->ref_count;
	for (u32 i = 0; i < j->a->ref_count; i++) {
		j->ret->refs[i] = j->a->refs[i];
		j->ret->refs[i].id = join_id(j, j->a->refs[i].id, j->b->refs[i].id);
	}
}

/* a - b <= c for a pair of the joined state's symbols, as one of the states knows it. */
static s64 bound_in(const struct state *state, u32 p, s64 base_p, u32 q, s64 base_q)
{
	s64 bound = state_sym_bound(state, p, q), base;

	if (bound == INT64_MAX || !exact_sub_fits(base_p, base_q, &base))
		return INT64_MAX;
	return exact_add(bound, base);
}

static bool has_row(const struct diff *diff, u32 sym)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		if (diff->sym[i] == sym)
			return true;
	}
	return false;
}

/* Differences that both states know. to = s + d means s = to - d: bases are taken off. */
static void join_diffs(struct join *j)
{
	static const u32 fixed[] = { SYM_LEN, SYM_META };
	struct pair all[DIFF_ROWS];
	u32 count = 0;

	for (u32 i = 0; i < ARRAY_COUNT(fixed); i++)
		all[count++] = (struct pair){ .a = fixed[i], .b = fixed[i], .to = fixed[i] };
	all[count++] = (struct pair){ .a = SYM_ZERO, .b = SYM_ZERO, .to = SYM_ZERO };
	for (u32 i = 0; i < j->pair_count && count < DIFF_ROWS; i++) {
		const struct pair *pair = &j->pairs[i];

		if (pair->to > SYM_META &&
		    (has_row(&j->a->diff, pair->a) || has_row(&j->b->diff, pair->b)))
			all[count++] = *pair;
	}
	for (u32 p = 0; p < count; p++) {
		for (u32 q = 0; q < count; q++) {
			s64 a, b;

			if (p == q || (all[p].to == SYM_ZERO && all[q].to > SYM_META) ||
			    (all[q].to == SYM_ZERO && all[p].to > SYM_META))
				continue;
			a = bound_in(j->a, all[p].a, all[p].base_a, all[q].a, all[q].base_a);
			if (a == INT64_MAX)
				continue;
			b = bound_in(j->b, all[p].b, all[p].base_b, all[q].b, all[q].base_b);
			if (b == INT64_MAX || (j->options->is_widening && b > a))
				continue;
			/* What the values' ranges say anyway, and distances that no packet has,
			 * would only be more to show for whoever arrives. */
			if (MAX(a, b) < VALUE_MAX_PACKET &&
			    MAX(a, b) < state_sym_bound(j->ret, all[p].to, all[q].to))
				(void)!state_add_diff(j->ret, all[p].to, all[q].to, MAX(a, b));
		}
	}
}

void state_join(struct state *a, struct state *b, const struct join_options *options,
		struct state *ret)
{
	struct join j = { .a = a, .b = b, .ret = ret, .options = options };

	state_init(ret);
	ret->frame_count = a->frame_count;
	ret->next_sym = MAX(a->next_sym, b->next_sym);
	ret->next_id = MAX(a->next_id, b->next_id);
	ret->lock = a->lock;
	ret->packet_moved = a->packet_moved || b->packet_moved;
	ret->outer_refs = a->outer_refs || b->outer_refs;
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		if (reg == BPF_REG_FP)
			ret->regs[reg] = a->regs[reg];
		else
			ret->regs[reg] = join_value(&j, &a->regs[reg], &b->regs[reg]);
	}
	join_stack(&j);
	join_refs(&j);
	join_diffs(&j);
}
