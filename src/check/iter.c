/* SPDX-License-Identifier: MIT */
/* Iterators over numbers, which live on the stack. The cell of one counts the calls of its next(),
 * as its offset: an element that is not NULL was one of the first ELEMENTS_MAX - size, so that a
 * loop that goes on for elements only is one whose counter, the cell, comes to an end. */
#include "base/str.h"
#include "check/arg.h"
#include "check/exact.h"

#define ELEMENTS_MAX VALUE_MAX_ELEMENTS
#define CALLS_MAX    (1ll << 62) /* no execution gets there */

static bool is_known(const struct call *call)
{
	u32 len = 0;
	const char *name = spec_helper_struct(&call->helper, 0, &len);

	return name != NULL && len == 12 && memcmp(name, "bpf_iter_num", len) == 0;
}

/* The iterator's cell, at the start of which reg points; NULL: there is none. */
static struct cell *iter_cell(struct state *state, u32 reg)
{
	const struct value *v = &state->regs[reg];
	struct cell *cell;

	if (v->type != VALUE_STACK || v->n.smin != v->n.smax || v->n.smin < -PROG_FRAME_SIZE ||
	    v->n.smin > -8)
		return NULL;
	cell = state_cell(state, v->region, (s32)v->n.smin, 8);
	return cell != NULL && cell->value.type == VALUE_ITER &&
			       (cell->value.flags & VALUE_NULLABLE) == 0
		       ? cell
		       : NULL;
}

enum transfer_result arg_iter(struct transfer *t, struct state *state, struct call *call, u32 arg,
			      bool is_new)
{
	const struct value *v = &state->regs[arg];
	const struct cell *cell;

	if (!is_known(call))
		return arg_fail(t, FINDING_NO_CONTRACT, call, state, arg);
	if (v->type != VALUE_STACK || v->n.smin != v->n.smax)
		return arg_fail(t, FINDING_ARG_TYPE, call, state, arg);
	call->iter = arg;
	if (is_new)
		return arg_aligned(t, state, call, arg, 8, false);
	cell = iter_cell(state, arg);
	if (cell == NULL || state_reference(state, cell->value.id) == NULL)
		return arg_fail(t, FINDING_ARG_NOT_ACQUIRED, call, state, arg);
	call->iter_id = cell->value.id;
	return TRANSFER_OK;
}

/* How many numbers there are from r2 up to r3, without it, at most. Linux gives none instead of
 * more than ELEMENTS_MAX. */
static u32 elements(const struct state *state)
{
	const struct value *start = &state->regs[2], *end = &state->regs[3];
	s64 most;

	if (!value_is_number(start) || !value_is_number(end))
		return ELEMENTS_MAX;
	most = (s64)end->n.smax32 - start->n.smin32;
	return (u32)MAX(MIN(most, ELEMENTS_MAX), 0);
}

enum transfer_result iter_new(struct transfer *t, struct state *state, const struct call *call)
{
	const struct value *at = &state->regs[call->iter];
	struct value v = value_pointer(VALUE_ITER, 0);

	v.size = ELEMENTS_MAX - elements(state);
	v.flags = VALUE_ACQUIRED;
	v.id = state_new_id(state);
	state_store(state, at->region, (s32)at->n.smin, 8, &v);
	return transfer_acquire(t, state, v.id, ARG_ITER, call->slot);
}

void iter_next(struct state *state, const struct call *call, u32 element)
{
	struct cell *cell = iter_cell(state, call->iter);
	struct scalar one = scalar_const(1), calls = scalar_range_s(0, CALLS_MAX);
	struct value *v = &cell->value;

	v->parent = element;
	if (!scalar_meet(&v->n, &calls, &v->n) || !exact_add_fits(v->dlo, 1, &v->dlo) ||
	    !exact_add_fits(v->dhi, 1, &v->dhi)) {
		v->n = calls;
		value_forget(v);
		return;
	}
	v->n = scalar_alu(ALU_ADD, 64, &v->n, &one);
	value_fix(v);
}

bool iter_tested(struct state *state, u32 element, bool is_null)
{
	for (u32 i = 0; i < state->cell_count; i++) {
		struct value *v = &state->cells[i].value;
		struct scalar given;
		struct value copy;

		if (v->type != VALUE_ITER || v->parent != element)
			continue;
		v->parent = ID_NONE;
		if (is_null)
			continue;
		given = scalar_range_s(0, ELEMENTS_MAX - (s64)v->size);
		if (!scalar_meet(&v->n, &given, &v->n))
			return false;
		value_fix(v);
		copy = *v;
		return state_spread(state, &copy);
	}
	return true;
}
