/* SPDX-License-Identifier: MIT */
/* States: making, copying, symbols and what is known between them, ids and references. */
#include "check/state.h"

#include "base/str.h"
#include "check/exact.h"

void state_init(struct state *state)
{
	static const struct {
		u32 a, b;
		s64 c;
	} facts[] = {
		{ SYM_ZERO, SYM_LEN, 0 },
		{ SYM_LEN, SYM_ZERO, VALUE_MAX_PACKET },
		{ SYM_ZERO, SYM_META, -VALUE_MIN_META },
		{ SYM_META, SYM_ZERO, VALUE_MAX_PACKET },
	};

	memset(state, 0, offsetof(struct state, refs));
	memset(state->frames, 0, sizeof(state->frames));
	state->frame_count = 1;
	state->next_sym = SYM_FREE;
	state->next_id = ID_FREE;
	state->regs[BPF_REG_FP] = value_pointer(VALUE_STACK, 0);
	diff_init(&state->diff);
	for (size_t i = 0; i < ARRAY_COUNT(facts); i++)
		(void)!diff_add(&state->diff, facts[i].a, facts[i].b, facts[i].c);
}

void state_copy(struct state *to, const struct state *from)
{
	if (to == from)
		return;
	memcpy(to, from, offsetof(struct state, refs));
	memcpy(to->refs, from->refs, sizeof(from->refs[0]) * from->ref_count);
	memcpy(to->frames, from->frames, sizeof(from->frames[0]) * from->frame_count);
	diff_copy(&to->diff, &from->diff);
	memcpy(to->cells, from->cells, sizeof(from->cells[0]) * from->cell_count);
}

u32 state_new_sym(struct state *state)
{
	return state->next_sym++;
}

u32 state_new_id(struct state *state)
{
	return state->next_id++;
}

void state_name(struct state *state, struct value *value)
{
	u32 sym, old = value->sym;
	s64 dlo = value->dlo, dhi = value->dhi;

	if (value->type == VALUE_NONE || value_is_exact(value))
		return;
	sym = state_new_sym(state);
	value->sym = sym;
	value->flags &= (u8)~VALUE_HALVED;
	value->dlo = 0;
	value->dhi = 0;
	if (old == SYM_ZERO)
		return; /* n says as much */
	/* A new symbol cannot contradict anything; a full matrix only forgets. */
	(void)!diff_add(&state->diff, sym, old, dhi);
	if (dlo != INT64_MIN)
		(void)!diff_add(&state->diff, old, sym, -dlo);
}

static bool sym_is_used(const struct state *state, u32 sym)
{
	for (u32 i = 0; i < state_value_count(state); i++) {
		if (state_value_const(state, i)->sym == sym)
			return true;
	}
	return false;
}

u32 state_diff_rows(const struct state *state)
{
	u32 used = 0;

	for (u32 row = 0; row < DIFF_ROWS; row++)
		used += state->diff.sym[row] != 0;
	return used;
}

void state_forget_unused(struct state *state)
{
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 sym = state->diff.sym[row];

		/* What keeps its meaning may come back: anchors, the packet's length. */
		if (sym >= SYM_FREE && !sym_is_used(state, sym))
			diff_forget(&state->diff, sym);
	}
}

void state_sym_range(const struct state *state, u32 sym, s64 *ret_lo, s64 *ret_hi)
{
	s64 lo = INT64_MIN, hi = INT64_MAX;

	if (sym == SYM_ZERO) {
		*ret_lo = 0;
		*ret_hi = 0;
		return;
	}
	/* True of every state, whatever the matrix has had to make room for. */
	if (sym == SYM_LEN || sym == SYM_META) {
		lo = sym == SYM_META ? VALUE_MIN_META : 0;
		hi = VALUE_MAX_PACKET;
	}
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);
		s64 bound;

		if (v->sym != sym || (v->flags & VALUE_NULLABLE) != 0)
			continue;
		if (exact_sub_fits(v->n.smax, v->dlo, &bound))
			hi = MIN(hi, bound);
		if (exact_sub_fits(v->n.smin, v->dhi, &bound))
			lo = MAX(lo, bound);
	}
	*ret_lo = lo;
	*ret_hi = hi;
}

s64 state_sym_bound(const struct state *state, u32 a, u32 b)
{
	s64 lo_a, hi_a, lo_b, hi_b, c;

	if (a == b)
		return 0;
	state_sym_range(state, a, &lo_a, &hi_a);
	state_sym_range(state, b, &lo_b, &hi_b);
	if (a != SYM_ZERO && diff_bound(&state->diff, a, SYM_ZERO, &c))
		hi_a = MIN(hi_a, c);
	if (b != SYM_ZERO && diff_bound(&state->diff, SYM_ZERO, b, &c) && c != INT64_MIN)
		lo_b = MAX(lo_b, -c);
	/* lo_b may be "none" as well. */
	c = lo_b == INT64_MIN ? INT64_MAX : exact_sub(hi_a, lo_b);
	if (diff_bound(&state->diff, a, b, &lo_a))
		c = MIN(c, lo_a);
	return c;
}

bool state_sym_within(const struct state *state, u32 a, u32 b, s64 c)
{
	s64 known;

	if (a == b)
		return c >= 0;
	/* The matrix first: it knows most of what is asked for, and is quicker. */
	return (diff_bound(&state->diff, a, b, &known) && known <= c) ||
	       state_sym_bound(state, a, b) <= c;
}

static bool diff_has(const struct diff *diff, u32 sym)
{
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		if (diff->sym[row] == sym)
			return true;
	}
	return false;
}

/* Puts the bounds that values give sym into the matrix. */
static bool diff_add_range(struct state *state, u32 sym)
{
	s64 lo, hi;

	if (sym == SYM_ZERO)
		return true;
	state_sym_range(state, sym, &lo, &hi);
	if (hi < VALUE_MAX_PACKET * 8 && !diff_add(&state->diff, sym, SYM_ZERO, hi))
		return false;
	return lo <= -VALUE_MAX_PACKET * 8 || diff_add(&state->diff, SYM_ZERO, sym, -lo);
}

/* Whether the matrix knows more of sym and the packet's end than their ranges say. */
static bool is_about_packet(const struct state *state, u32 sym)
{
	static const u32 ends[] = { SYM_LEN, SYM_META };
	s64 lo, hi, end_lo, end_hi, c;

	state_sym_range(state, sym, &lo, &hi);
	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		if (!diff_bound(&state->diff, SYM_ZERO, ends[i], &c))
			c = 0;
		end_lo = -c;
		if (!diff_bound(&state->diff, ends[i], SYM_ZERO, &end_hi))
			end_hi = VALUE_MAX_PACKET;
		if (diff_bound(&state->diff, sym, ends[i], &c) && c < exact_sub(hi, end_lo))
			return true;
		if (diff_bound(&state->diff, ends[i], sym, &c) &&
		    (lo == INT64_MIN || c < exact_sub(end_hi, lo)))
			return true;
	}
	return false;
}

void state_forget_distances(struct state *state, u32 most)
{
	for (u32 row = DIFF_ROWS; row-- > 0 && state_diff_rows(state) > most;) {
		u32 sym = state->diff.sym[row];

		if (sym >= SYM_ENTRY && !is_about_packet(state, sym))
			diff_forget(&state->diff, sym);
	}
}

bool state_add_diff(struct state *state, u32 a, u32 b, s64 c)
{
	if (a == b)
		return c >= 0;
	if (state_diff_rows(state) >= DIFF_ROWS - 2) {
		state_forget_unused(state);
		state_forget_distances(state, DIFF_ROWS - 3);
	}
	return diff_add(&state->diff, a, b, c) && diff_add_range(state, a) &&
	       diff_add_range(state, b);
}

void state_close(struct state *state)
{
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		/* What contradicts is left out: there is no such concrete state, so anything holds.
		 */
		if (state->diff.sym[row] != 0)
			(void)!diff_add_range(state, state->diff.sym[row]);
	}
}

/* Narrows w by v, which has the same symbol. */
static bool spread_to(const struct value *v, struct value *w)
{
	struct scalar range;
	s64 lo, hi;

	if (v->type == w->type && v->dlo == v->dhi && w->dlo == w->dhi && v->dlo == w->dlo)
		return scalar_meet(&w->n, &v->n, &w->n);
	if (!exact_sub_fits(v->n.smin, v->dhi, &lo) || !exact_add_fits(lo, w->dlo, &lo))
		lo = INT64_MIN;
	if (!exact_sub_fits(v->n.smax, v->dlo, &hi) || !exact_add_fits(hi, w->dhi, &hi))
		hi = INT64_MAX;
	if (lo <= w->n.smin && hi >= w->n.smax)
		return true;
	if (lo > hi)
		return false;
	range = scalar_range_s(lo, hi);
	return scalar_meet(&w->n, &range, &w->n);
}

bool state_spread(struct state *state, const struct value *value)
{
	struct value v = *value;

	if (v.sym == SYM_ZERO || v.sym == SYM_NONE || (v.flags & VALUE_NULLABLE) != 0)
		return true;
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *w = state_value(state, i);

		if (w->sym == v.sym && (w->flags & VALUE_NULLABLE) == 0 && !spread_to(&v, w))
			return false;
	}
	return !diff_has(&state->diff, v.sym) || diff_add_range(state, v.sym);
}

static void resolve(struct value *v, bool is_null)
{
	if (is_null) {
		*v = value_const(0);
		return;
	}
	v->flags &= (u8)~VALUE_NULLABLE;
	if ((v->flags & (VALUE_ACQUIRED | VALUE_INNER | VALUE_NAMED)) == 0)
		v->id = ID_NONE;
}

void state_resolve_null(struct state *state, u32 id, bool is_null)
{
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *v = state_value(state, i);

		if (id != ID_NONE && v->id == id && (v->flags & VALUE_NULLABLE) != 0)
			resolve(v, is_null);
	}
	for (u32 i = 0; is_null && i < state->ref_count; i++) {
		if (state->refs[i].id == id) {
			state->refs[i] = state->refs[--state->ref_count];
			state->refs[state->ref_count] = (struct reference){ 0 };
			break;
		}
	}
}

/* The value at i becomes NONE, a cell goes and its bytes count as not written. Returns the next i.
 */
static u32 kill_value(struct state *state, u32 i)
{
	struct cell cell;

	if (i < BPF_REG_COUNT) {
		state->regs[i] = value_none;
		return i + 1;
	}
	cell = state->cells[i - BPF_REG_COUNT];
	state_clear(state, cell.frame, cell.off, cell.size);
	return i;
}

void state_kill_id(struct state *state, u32 id)
{
	for (u32 i = 0; i < state_value_count(state);) {
		const struct value *v = state_value_const(state, i);

		i = (v->id == id || v->parent == id) && v->type != VALUE_NONE ? kill_value(state, i)
									      : i + 1;
	}
}

void state_kill_packet(struct state *state)
{
	static const u32 syms[] = { SYM_LEN, SYM_META };

	state->packet_moved = true;
	for (u32 i = 0; i < state_value_count(state);) {
		u8 type = state_value_const(state, i)->type;
		bool is_packet = type == VALUE_PACKET || type == VALUE_META ||
				 type == VALUE_PACKET_END || type == VALUE_PACKET_LOW;

		i = is_packet ? kill_value(state, i) : i + 1;
	}
	for (size_t s = 0; s < ARRAY_COUNT(syms); s++) {
		/* Numbers that were measured with the old length keep their ranges. */
		for (u32 i = 0; i < state_value_count(state); i++) {
			struct value *v = state_value(state, i);

			if (v->sym == syms[s])
				value_forget(v);
		}
		diff_forget(&state->diff, syms[s]);
		if (!diff_add(&state->diff, SYM_ZERO, syms[s],
			      syms[s] == SYM_META ? -VALUE_MIN_META : 0) ||
		    !diff_add(&state->diff, syms[s], SYM_ZERO, VALUE_MAX_PACKET))
			diff_forget(&state->diff, syms[s]);
	}
}

struct reference *state_reference(struct state *state, u32 id)
{
	for (u32 i = 0; i < state->ref_count; i++) {
		if (state->refs[i].id == id)
			return &state->refs[i];
	}
	return NULL;
}

int state_acquire(struct state *state, u32 id, u32 kind, u32 slot)
{
	if (state->ref_count == STATE_REFS)
		return -1;
	state->refs[state->ref_count++] =
		(struct reference){ .id = id, .slot = slot, .kind = kind };
	return 0;
}

void state_release(struct state *state, u32 id)
{
	struct reference *ref = state_reference(state, id);

	if (ref != NULL) {
		*ref = state->refs[--state->ref_count];
		state->refs[state->ref_count] = (struct reference){ 0 };
	}
	state_kill_id(state, id);
}
