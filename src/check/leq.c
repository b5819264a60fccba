/* SPDX-License-Identifier: MIT */
/* Inclusion of states: b holds wherever a does. Symbols and ids of b that may be anything are
 * bound to what stands in their place in a; each claim of b is then proven from a. */
#include "check/exact.h"
#include "check/state.h"

struct leq {
	struct state *a;
	const struct state *b;
	struct state_map *map;
	u32 fixed_sym, fixed_id; /* below: the same on both sides */
	u32 cell;		 /* of a: those before it are before b's that is looked at */
	bool lacks_bound;	 /* that is all that was wrong */
	bool is_loose;		 /* values of b are not exactly at their symbols */
};

static struct state_map_entry *entry_find(struct state_map_entry *of, u32 count, u32 from)
{
	for (u32 i = 0; i < count; i++) {
		if (of[i].from == from)
			return &of[i];
	}
	return NULL;
}

/* NULL: no room. */
static struct state_map_entry *sym_bind(struct leq *l, u32 from, u32 to, s64 delta)
{
	struct state_map_entry *entry;

	if (l->map->sym_count == STATE_MAP_MAX)
		return NULL;
	entry = &l->map->syms[l->map->sym_count++];
	*entry = (struct state_map_entry){
		.from = from, .to = to, .kind = MAPPED_SYM, .delta = delta
	};
	return entry;
}

/* What b's symbol stands for; NULL: nothing yet. */
static const struct state_map_entry *sym_find(struct leq *l, u32 from)
{
	struct state_map_entry *entry = entry_find(l->map->syms, l->map->sym_count, from);

	if (entry == NULL && from < l->fixed_sym)
		return sym_bind(l, from, from, 0);
	return entry;
}

/* No other id of b is this one of a: what is released under one name must be gone under all. */
static bool id_is_free(const struct leq *l, u32 to)
{
	for (u32 i = 0; i < l->map->id_count; i++) {
		if (l->map->ids[i].to == to)
			return false;
	}
	return true;
}

/* from of b, which may be null as is_maybe_null says there, is v in a. */
static bool id_leq(struct leq *l, u32 from, const struct value *v, bool is_null)
{
	struct state_map_entry now = { .from = from, .to = v->id }, *old;

	if (is_null) {
		now.kind = MAPPED_NULL;
		now.to = ID_NONE;
	} else if ((v->flags & VALUE_NULLABLE) == 0) {
		now.kind = MAPPED_NONNULL;
	} else {
		now.kind = v->id != ID_NONE ? MAPPED_MAYBE : MAPPED_ALONE;
	}
	/* A fixed id is of a value that others have, too, outside of this state: another pointer,
	 * or a 0 that was stored since, is not that value. */
	if (from < l->fixed_id && (is_null || v->id != from))
		return false;
	old = entry_find(l->map->ids, l->map->id_count, from);
	if (old != NULL)
		return old->kind == now.kind && now.kind != MAPPED_ALONE && old->to == now.to;
	if ((v->flags & VALUE_ACQUIRED) != 0 && now.to != ID_NONE && !id_is_free(l, now.to))
		return false;
	if (l->map->id_count == STATE_MAP_MAX)
		return false;
	l->map->ids[l->map->id_count++] = now;
	return true;
}

/* v depends on a reference: w has to depend on the same. What w is called is known when the value
 * that holds the reference came first; otherwise only fixed numbers are sure. */
static bool parent_leq(struct leq *l, const struct value *v, const struct value *w)
{
	const struct state_map_entry *to = entry_find(l->map->ids, l->map->id_count, w->parent);

	if (w->parent == ID_NONE)
		return false;
	if (to != NULL)
		return to->to == v->parent;
	if (w->parent < l->fixed_id)
		return w->parent == v->parent;
	if (!id_is_free(l, v->parent))
		return false;
	if (l->map->id_count == STATE_MAP_MAX)
		return false;
	l->map->ids[l->map->id_count++] = (struct state_map_entry){ .from = w->parent,
								    .to = v->parent,
								    .kind = MAPPED_NONNULL };
	return true;
}

/* Everything about a value but its symbol. v is a's, w is b's. */
static bool shape_leq(struct leq *l, const struct value *v, const struct value *w)
{
	u64 n;

	if (w->type == VALUE_NONE)
		return true;
	if (w->type == VALUE_NUMBER)
		return v->type == VALUE_NUMBER && scalar_leq(&v->n, &w->n) &&
		       ((w->flags & VALUE_HALVED) == 0 || (v->flags & VALUE_HALVED) != 0);
	if ((w->flags & VALUE_NULLABLE) != 0 && value_is_const(v, &n) && n == 0)
		return w->id == ID_NONE || id_leq(l, w->id, v, true);
	if (v->type != w->type || v->region != w->region || v->size < w->size)
		return false;
	if ((v->flags & VALUE_NULLABLE) != 0 && (w->flags & VALUE_NULLABLE) == 0)
		return false;
	if ((v->flags & VALUE_READ_ONLY) != 0 && (w->flags & VALUE_READ_ONLY) == 0)
		return false;
	if (((v->flags ^ w->flags) & (VALUE_INNER | VALUE_ACQUIRED | VALUE_NAMED)) != 0)
		return false;
	/* Two that have no name are not one. */
	if ((w->flags & VALUE_NAMED) != 0 && w->id != ID_NONE && v->id == ID_NONE)
		return false;
	if (w->id != ID_NONE && !id_leq(l, w->id, v, false))
		return false;
	if (v->type == VALUE_ITER ? w->parent != ID_NONE
				  : v->parent != ID_NONE && !parent_leq(l, v, w))
		return false;
	return scalar_leq(&v->n, &w->n);
}

/* Whether w claims something about its symbol that has to be shown for v. */
static bool has_relation(const struct value *v, const struct value *w)
{
	return w->type != VALUE_NONE && w->sym != SYM_ZERO &&
	       !(v->type == VALUE_NUMBER && w->type != VALUE_NUMBER); /* v is null */
}

/* sym + [lo, hi], minus what w's symbol stands for, is in w's [dlo, dhi]. */
static bool relation_holds(struct leq *l, u32 sym, s64 lo, s64 hi, const struct value *w,
			   const struct state_map_entry *to)
{
	s64 up, down;

	if (sym == to->to)
		return exact_sub_fits(lo, to->delta, &down) && down >= w->dlo &&
		       exact_sub_fits(hi, to->delta, &up) && up <= w->dhi;
	/* sym - to <= dhi' - hi, and the other way. */
	if (w->dlo == INT64_MIN || w->dhi == INT64_MAX || !exact_add_fits(w->dhi, to->delta, &up) ||
	    !exact_sub_fits(up, hi, &up) || !exact_sub_fits(lo, w->dlo, &down) ||
	    !exact_sub_fits(down, to->delta, &down) || up == INT64_MAX || down == INT64_MAX)
		return false;
	return state_sym_within(l->a, sym, to->to, up) && state_sym_within(l->a, to->to, sym, down);
}

static bool sym_leq(struct leq *l, struct value *v, const struct value *w)
{
	const struct state_map_entry *to = sym_find(l, w->sym);
	s64 delta;

	if (to == NULL) {
		if (value_is_exact(w))
			state_name(l->a, v);
		if (!exact_sub_fits(v->dlo, w->dlo, &delta))
			return false;
		to = sym_bind(l, w->sym, v->sym, delta);
	}
	if (to == NULL || ((w->flags & VALUE_HALVED) != 0 && (to->to != v->sym || to->delta != 0)))
		return false;
	/* Its symbol says nothing of a small number whose range does: 0, of something shifted. */
	return relation_holds(l, v->sym, v->dlo, v->dhi, w, to) ||
	       relation_holds(l, SYM_ZERO, v->n.smin, v->n.smax, w, to);
}

/* The value of a that stands where b's value number i does. */
ALWAYS_INLINE struct value *counterpart(struct leq *l, u32 i, struct value *spare)
{
	const struct cell *cell;

	if (i < BPF_REG_COUNT)
		return &l->a->regs[i];
	cell = &l->b->cells[i - BPF_REG_COUNT];
	for (; l->cell < l->a->cell_count; l->cell++) {
		struct cell *own = &l->a->cells[l->cell];

		if (cell_is_at(own, cell)) {
			l->cell++;
			return &own->value;
		}
		if (own->frame > cell->frame ||
		    (own->frame == cell->frame && own->off >= cell->off))
			break;
	}
	*spare = state_load(l->a, cell->frame, cell->off, cell->size);
	return spare;
}

/* In two rounds, since a symbol is best bound by a value that says exactly what it is. */
static bool values_leq(struct leq *l, u32 round)
{
	l->cell = 0;
	for (u32 i = 0; i < state_value_count(l->b); i++) {
		const struct value *w = state_value_const(l->b, i);
		struct value spare, *v;

		if (w->type == VALUE_NONE ||
		    (round > 0 && (w->sym == SYM_ZERO || value_is_exact(w))))
			continue;
		v = counterpart(l, i, &spare);
		l->is_loose |= w->sym != SYM_ZERO && !value_is_exact(w);
		if (round == 0 && !shape_leq(l, v, w))
			return false;
		if (has_relation(v, w) && value_is_exact(w) == (round == 0) && !sym_leq(l, v, w)) {
			l->lacks_bound = true;
			return false;
		}
	}
	return true;
}

/* sym_i - sym_j <= c of b, as a knows it. */
static bool diff_holds(struct leq *l, u32 i, u32 j, s64 c)
{
	const struct state_map_entry *to_i = sym_find(l, i), *to_j = sym_find(l, j);
	s64 delta;

	return to_i != NULL && to_j != NULL && exact_sub_fits(to_i->delta, to_j->delta, &delta) &&
	       exact_sub_fits(c, delta, &c) && c != INT64_MAX &&
	       state_sym_within(l->a, to_i->to, to_j->to, c);
}

/* What b says of each row in use: by the values' ranges, and with what the matrix adds to them. */
struct diff_ranges {
	u32 count;
	u8 rows[DIFF_ROWS]; /* those */
	s64 lo[DIFF_ROWS], hi[DIFF_ROWS];
	s64 least[DIFF_ROWS], most[DIFF_ROWS];
};

static void ranges_of(const struct state *b, struct diff_ranges *r)
{
	r->count = 0;
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		u32 sym = b->diff.sym[i];
		s64 c;

		if (sym == 0)
			continue;
		r->rows[r->count++] = (u8)i;
		state_sym_range(b, sym, &r->lo[i], &r->hi[i]);
		r->least[i] = r->lo[i];
		r->most[i] = r->hi[i];
		if (diff_bound(&b->diff, sym, SYM_ZERO, &c))
			r->most[i] = MIN(r->most[i], c);
		if (diff_bound(&b->diff, SYM_ZERO, sym, &c) && c != INT64_MIN)
			r->least[i] = MAX(r->least[i], -c);
	}
}

/* Bounds that follow from others of b need no proof of their own. The ranges of its values:
 * values_leq() has shown those values to be in them, and as far from their symbols as they say. And
 * from bounds with zero, which are shown, those of any two. */
static bool diff_follows(const struct diff *diff, const struct diff_ranges *r, u32 i, u32 j)
{
	bool is_range = diff->sym[i] == SYM_ZERO || diff->sym[j] == SYM_ZERO;
	s64 most = is_range ? r->hi[i] : r->most[i], least = is_range ? r->lo[j] : r->least[j];

	return least != INT64_MIN && diff->bound[i][j] >= exact_sub(most, least);
}

static bool diffs_leq(struct leq *l)
{
	const struct diff *diff = &l->b->diff;
	struct diff_ranges ranges;

	ranges_of(l->b, &ranges);
	for (u32 n = 0; n < ranges.count; n++) {
		for (u32 m = 0; m < ranges.count; m++) {
			u32 i = ranges.rows[n], j = ranges.rows[m];

			if (i == j || diff->bound[i][j] == DIFF_NONE ||
			    diff_follows(diff, &ranges, i, j))
				continue;
			if (!diff_holds(l, diff->sym[i], diff->sym[j], diff->bound[i][j])) {
				l->lacks_bound = true;
				return false;
			}
		}
	}
	return true;
}

/* b's initialised bytes are so in a, and hold no pointer that b does not know of. */
static bool stack_leq(const struct state *a, const struct state *b)
{
	for (u32 f = 0; f < b->frame_count; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++) {
			if ((b->frames[f].init[w] & ~a->frames[f].init[w]) != 0)
				return false;
		}
	}
	for (u32 i = 0; i < a->cell_count; i++) {
		const struct cell *cell = &a->cells[i], *other;

		if (cell->value.type == VALUE_NUMBER)
			continue;
		other = state_cell_const(b, cell->frame, cell->off, cell->size);
		if (other != NULL && other->value.type != VALUE_NUMBER)
			continue; /* compared as values */
		for (s32 at = cell->off; at < cell->off + cell->size; at++) {
			if (state_is_init(b, cell->frame, at, 1))
				return false;
		}
	}
	return true;
}

/* Each reference of a is one of b, and each of b's that may be alive is one of a. */
static bool refs_leq(struct leq *l)
{
	u32 taken = 0, count = 0;

	for (u32 i = 0; i < l->b->ref_count; i++) {
		const struct reference *ref = &l->b->refs[i];
		const struct state_map_entry *to =
			entry_find(l->map->ids, l->map->id_count, ref->id);
		u32 at;

		if (to != NULL && to->kind == MAPPED_NULL)
			continue;
		for (at = 0; at < l->a->ref_count; at++) {
			const struct reference *own = &l->a->refs[at];

			if ((taken & 1u << at) == 0 && own->kind == ref->kind &&
			    (to != NULL ? own->id == to->to
					: ref->id >= l->fixed_id || own->id == ref->id))
				break;
		}
		if (at == l->a->ref_count)
			return false;
		taken |= 1u << at;
		count++;
	}
	return count == l->a->ref_count;
}

static bool lock_leq(struct leq *l)
{
	const struct state_lock *a = &l->a->lock, *b = &l->b->lock;
	const struct state_map_entry *to;

	if (a->held == 0 || b->held == 0)
		return a->held == b->held;
	if (a->region != b->region || a->off != b->off)
		return false;
	if (b->id == ID_NONE)
		return a->id == ID_NONE;
	to = entry_find(l->map->ids, l->map->id_count, b->id);
	return to != NULL ? to->to == a->id : b->id < l->fixed_id && a->id == b->id;
}

static bool all_leq(struct leq *l, const struct leq_anchor *anchor)
{
	l->map->sym_count = 0;
	l->map->id_count = 0;
	l->lacks_bound = l->is_loose = false;
	if (anchor != NULL && anchor->sym != SYM_NONE) {
		state_name(l->a, anchor->value);
		if (sym_bind(l, anchor->sym, anchor->value->sym, anchor->value->dlo) == NULL)
			return false;
	}
	return values_leq(l, 0) && (!l->is_loose || values_leq(l, 1)) && diffs_leq(l) &&
	       refs_leq(l) && lock_leq(l);
}

bool state_leq(struct state *a, const struct state *b, enum leq_scope scope,
	       const struct leq_anchor *anchor, struct state_map *map)
{
	struct leq l = {
		.a = a,
		.b = b,
		.map = map,
		.fixed_sym = scope == LEQ_INSIDE ? SYM_FREE : SYM_ANCHOR,
		.fixed_id = scope == LEQ_ENTRY ? ID_ENTRY : ID_FREE,
	};

	if (a->frame_count != b->frame_count || a->packet_moved > b->packet_moved ||
	    a->outer_refs > b->outer_refs || !stack_leq(a, b))
		return false;
	if (all_leq(&l, anchor))
		return true;
	if (!l.lacks_bound)
		return false;
	state_close(a);
	return all_leq(&l, anchor);
}
