/* SPDX-License-Identifier: MIT */
/* Whether what the machine has is in a state: by the definitions of the state, not by the functions
 * that work on it. Symbols may stand for any numbers for which all that is claimed of them holds.
 */
#include "claim.h"

#include "base/str.h"
#include "machine.h"

#define SYMS 192

typedef __int128 wide;

struct symbol {
	u32 sym;
	wide lo, hi;
};

struct claim {
	struct machine *m;
	const struct state *state;
	struct claim_place *place;
	struct symbol syms[SYMS];
	u32 sym_count;
	struct {
		u32 id;
		bool is_null;
	} ids[STATE_CELLS + BPF_REG_COUNT];
	u32 id_count;
	struct {
		u32 id, obj;
	} names[STATE_CELLS + BPF_REG_COUNT];
	u32 name_count;
};

#define LEAST (-((wide)1 << 100))
#define MOST  ((wide)1 << 100)

static struct symbol known_symbol(const struct claim *c, u32 sym)
{
	struct symbol s = { .sym = sym, .lo = LEAST, .hi = MOST };
	const struct sym_range *range = NULL;

	if (sym == SYM_ZERO)
		s.lo = s.hi = 0;
	else if (sym == SYM_LEN)
		s.lo = s.hi = (wide)c->m->len;
	else if (sym == SYM_META)
		s.lo = s.hi = (wide)c->m->meta;
	else if (sym < SYM_ENTRY)
		range = &c->place->anchors[sym];
	else if (sym < SYM_FREE)
		range = &c->place->entry[sym - SYM_ENTRY];
	if (range != NULL && range->is_known) {
		s.lo = range->lo;
		s.hi = range->hi;
	}
	return s;
}

/* NULL: too many, the symbol is not looked at. */
static struct symbol *symbol(struct claim *c, u32 sym)
{
	for (u32 i = 0; i < c->sym_count; i++) {
		if (c->syms[i].sym == sym)
			return &c->syms[i];
	}
	if (c->sym_count == SYMS)
		return NULL;
	c->syms[c->sym_count] = known_symbol(c, sym);
	return &c->syms[c->sym_count++];
}

/* sym is at least lo and at most hi. */
static bool narrow(struct claim *c, u32 sym, wide lo, wide hi, const char *where, u32 index)
{
	struct symbol *s = symbol(c, sym);

	if (s == NULL)
		return true;
	s->lo = MAX(s->lo, lo);
	s->hi = MIN(s->hi, hi);
	if (s->lo <= s->hi)
		return true;
	return machine_fail(c->m, "%s%u: no number for symbol %u fits", where, index, sym);
}

static bool is_member(const struct scalar *s, u64 x)
{
	u32 low = (u32)x;

	return (x & ~s->bits.mask) == s->bits.value && x >= s->umin && x <= s->umax &&
	       (s64)x >= s->smin && (s64)x <= s->smax && low >= s->umin32 && low <= s->umax32 &&
	       (s32)low >= s->smin32 && (s32)low <= s->smax32;
}

/* The number or offset against what is said of it. */
static bool number_holds(struct claim *c, const struct value *v, u64 x, const char *where,
			 u32 index)
{
	wide at = (s64)x;

	if (!is_member(&v->n, x))
		return machine_fail(
			c->m, "%s%u is 0x%llx (%lld), told 0x%llx to 0x%llx, %lld to %lld", where,
			index, x, (s64)x, v->n.umin, v->n.umax, v->n.smin, v->n.smax);
	if (v->sym == SYM_NONE)
		return true;
	if ((v->flags & VALUE_HALVED) != 0) {
		if (at < 0)
			return machine_fail(c->m, "%s%u is negative, told half", where, index);
		if (!narrow(c, v->sym, 2 * at, MOST, where, index))
			return false;
	}
	return narrow(c, v->sym, at - v->dhi, at - v->dlo, where, index);
}

static enum object_kind kind_of(enum value_type type)
{
	switch (type) {
	case VALUE_CTX: return OBJECT_CTX;
	case VALUE_STACK: return OBJECT_FRAME;
	case VALUE_PACKET:
	case VALUE_META:
	case VALUE_PACKET_END: return OBJECT_PACKET;
	case VALUE_MAP: return OBJECT_MAP;
	case VALUE_MAP_VALUE: return OBJECT_VALUE;
	case VALUE_MEM: return OBJECT_MEM;
	case VALUE_OBJECT: return OBJECT_HOST;
	case VALUE_CODE: return OBJECT_CODE;
	case VALUE_ITER: return OBJECT_ITER;
	case VALUE_NONE:
	case VALUE_NUMBER:
	case VALUE_PACKET_LOW:
	case VALUE_TYPE_COUNT: break;
	}
	return OBJECT_NONE;
}

/* Address of offset 0. */
static u64 origin(const struct machine *m, const struct object *o, enum value_type type)
{
	switch (type) {
	case VALUE_STACK: return o->base + PROG_FRAME_SIZE;
	case VALUE_PACKET: return o->base + m->meta;
	case VALUE_PACKET_END: return o->base + m->meta + m->len;
	default: return o->base;
	}
}

static bool region_holds(struct claim *c, const struct value *v, const struct word *w,
			 const char *where, u32 index)
{
	const struct object *o = &c->m->objects[w->obj];
	bool is_same = true;

	switch ((enum value_type)v->type) {
	case VALUE_STACK: is_same = w->obj == c->place->frames[v->region]; break;
	case VALUE_MAP:
	case VALUE_MAP_VALUE:
		is_same = o->region == v->region && o->is_inner == ((v->flags & VALUE_INNER) != 0);
		if (v->type == VALUE_MAP_VALUE && v->size > o->size)
			is_same = false;
		break;
	case VALUE_MEM: is_same = v->size <= o->size; break;
	case VALUE_OBJECT:
	case VALUE_CODE: is_same = o->region == v->region; break;
	default: break;
	}
	if (!is_same)
		return machine_fail(c->m, "%s%u is another %s", where, index,
				    value_type_text((enum value_type)v->type));
	if (!o->is_alive)
		return machine_fail(c->m, "%s%u points to what is gone", where, index);
	if ((v->type == VALUE_MAP_VALUE || v->type == VALUE_MEM) && !o->is_writable &&
	    (v->flags & VALUE_READ_ONLY) == 0)
		return machine_fail(c->m, "%s%u is read-only", where, index);
	return true;
}

/* Values with one id are null together. */
static bool note_null(struct claim *c, u32 id, bool is_null, const char *where, u32 index)
{
	if (id == ID_NONE)
		return true;
	for (u32 i = 0; i < c->id_count; i++) {
		if (c->ids[i].id == id)
			return c->ids[i].is_null == is_null ||
			       machine_fail(c->m, "%s%u is %snull, unlike others of id %u", where,
					    index, is_null ? "" : "not ", id);
	}
	c->ids[c->id_count].id = id;
	c->ids[c->id_count++].is_null = is_null;
	return true;
}

/* What has one name is one value. */
static bool name_holds(struct claim *c, const struct value *v, const struct word *w,
		       const char *where, u32 index)
{
	const struct state_lock *lock = &c->state->lock;

	if ((v->flags & VALUE_NAMED) == 0 || v->id == ID_NONE)
		return true;
	if (lock->held != 0 && lock->region == v->region && lock->id == v->id &&
	    c->m->lock != w->obj)
		return machine_fail(c->m, "%s%u is not the value that is locked", where, index);
	for (u32 i = 0; i < c->name_count; i++) {
		if (c->names[i].id == v->id)
			return c->names[i].obj == w->obj ||
			       machine_fail(c->m, "%s%u is another value than others of id %u",
					    where, index, v->id);
	}
	c->names[c->name_count].id = v->id;
	c->names[c->name_count++].obj = w->obj;
	return true;
}

/* So many calls, and at most so many elements. */
static bool iter_holds(struct claim *c, const struct value *v, const struct object *o,
		       const char *where, u32 index)
{
	if (o->total > VALUE_MAX_ELEMENTS - v->size)
		return machine_fail(c->m, "%s%u gives %u elements, told %u", where, index, o->total,
				    VALUE_MAX_ELEMENTS - v->size);
	return number_holds(c, v, o->calls, where, index);
}

static bool pointer_holds(struct claim *c, const struct value *v, const struct word *w,
			  const char *where, u32 index)
{
	const struct object *o = &c->m->objects[w->obj];
	bool is_null = (v->flags & VALUE_NULLABLE) != 0 && w->tag == TAG_NUMBER && w->v == 0;

	if ((v->flags & VALUE_NULLABLE) != 0 && !note_null(c, v->id, is_null, where, index))
		return false;
	if (is_null)
		return true;
	if (w->tag != TAG_POINTER || o->kind != kind_of((enum value_type)v->type))
		return machine_fail(c->m, "%s%u (0x%llx) is no %s", where, index, w->v,
				    value_type_text((enum value_type)v->type));
	if (!region_holds(c, v, w, where, index) || !name_holds(c, v, w, where, index))
		return false;
	if (v->type == VALUE_ITER)
		return iter_holds(c, v, o, where, index);
	return (v->type == VALUE_CODE ||
		number_holds(c, v, w->v - origin(c->m, o, (enum value_type)v->type), where, index));
}

/* The low half of an address. */
static bool low_holds(struct claim *c, const struct value *v, const struct word *w,
		      const char *where, u32 index)
{
	const struct object *o = &c->m->objects[c->m->packet];
	u32 from = (u32)origin(c->m, o, (enum value_type)v->region);

	if (w->v > UINT32_MAX || w->tag == TAG_NONE)
		return machine_fail(c->m, "%s%u is no half of an address", where, index);
	return number_holds(c, v, (u64)(s64)(s32)((u32)w->v - from), where, index);
}

static bool value_holds(struct claim *c, const struct value *v, const struct word *w,
			const char *where, u32 index)
{
	if (v->type == VALUE_NONE)
		return true;
	if (w->tag == TAG_NONE)
		return machine_fail(c->m, "%s%u was never written, told %s", where, index,
				    value_type_text((enum value_type)v->type));
	if (v->type == VALUE_PACKET_LOW)
		return low_holds(c, v, w, where, index);
	if (v->type != VALUE_NUMBER)
		return pointer_holds(c, v, w, where, index);
	if (w->tag != TAG_NUMBER && !c->m->may_leak)
		return machine_fail(c->m, "%s%u hides an address, told a number", where, index);
	return number_holds(c, v, w->v, where, index);
}

static bool cells_hold(struct claim *c)
{
	for (u32 i = 0; i < c->state->cell_count; i++) {
		const struct cell *cell = &c->state->cells[i];
		u32 obj = c->place->frames[cell->frame];
		struct word at = word_pointer(c->m, obj, 0), w;
		u32 lowest = c->m->active[c->m->objects[obj].region].lowest;

		c->m->active[c->m->objects[obj].region].lowest = PROG_FRAME_SIZE;
		w = machine_load(c->m, &at, cell->off, cell->size);
		c->m->active[c->m->objects[obj].region].lowest = lowest;
		if (!value_holds(c, &cell->value, &w, "stack ", (u32)-cell->off))
			return false;
	}
	return true;
}

static bool frames_hold(struct claim *c)
{
	for (u32 f = 0; f < c->state->frame_count; f++) {
		const struct frame_bytes *bytes = machine_frame(c->m, c->place->frames[f]);

		for (u32 i = 0; i < PROG_FRAME_SIZE / 64; i++) {
			u64 init = c->state->frames[f].init[i] & ~bytes->written[i];

			if (init != 0)
				return machine_fail(c->m, "stack byte %d was never written",
						    (int)(64 * i) + __builtin_ctzll(init) -
							    PROG_FRAME_SIZE);
		}
	}
	return true;
}

/* One bound, a - b <= c; false: it contradicts. */
static bool apply_bound(struct symbol *a, struct symbol *b, wide c, bool *is_changed)
{
	if (b->hi != MOST && a->hi > b->hi + c) {
		a->hi = b->hi + c;
		*is_changed = true;
	}
	if (a->lo != LEAST && b->lo < a->lo - c) {
		b->lo = a->lo - c;
		*is_changed = true;
	}
	return a->lo <= a->hi && b->lo <= b->hi;
}

/* Bounds between symbols, until they say nothing new or contradict each other. */
static bool diffs_hold(struct claim *c)
{
	const struct diff *d = &c->state->diff;
	struct symbol *syms[DIFF_ROWS];
	u32 rows[DIFF_ROWS], count = 0;
	bool is_changed = true;

	for (u32 i = 0; i < DIFF_ROWS; i++) {
		if (d->sym[i] == 0)
			continue;
		syms[count] = symbol(c, d->sym[i]);
		rows[count] = i;
		count += syms[count] != NULL;
	}
	for (u32 round = 0; is_changed && count > 1; round++) {
		is_changed = false;
		for (u32 i = 0; i < count * count; i++) {
			u32 a = i / count, b = i % count;
			s64 bound = d->bound[rows[a]][rows[b]];

			if (a == b || bound == DIFF_NONE)
				continue;
			if (!apply_bound(syms[a], syms[b], bound, &is_changed) ||
			    round > 2 * DIFF_ROWS)
				return machine_fail(c->m,
						    "symbols %u and %u differ by more than %lld",
						    syms[a]->sym, syms[b]->sym, bound);
		}
	}
	return true;
}

bool claim_holds(struct machine *m, const struct state *state, struct claim_place *place,
		 bool keep_entry)
{
	struct claim c;

	c.m = m;
	c.state = state;
	c.place = place;
	c.sym_count = c.id_count = c.name_count = 0;
	if (m->what != NULL)
		return false;
	if ((state->lock.held != 0) != (m->lock != MACHINE_NO_OBJECT))
		return machine_fail(m, "a lock is %sheld", m->lock != 0 ? "" : "not ");
	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if (!value_holds(&c, &state->regs[i], &m->r[i], "r", i))
			return false;
	}
	if (!cells_hold(&c) || !frames_hold(&c) || !diffs_hold(&c))
		return false;
	for (u32 i = 0; i < c.sym_count && keep_entry; i++) {
		const struct symbol *s = &c.syms[i];

		if (s->sym >= SYM_ENTRY && s->sym < SYM_FREE && s->lo != LEAST && s->hi != MOST)
			place->entry[s->sym - SYM_ENTRY] = (struct sym_range){ .is_known = true,
									       .lo = (s64)s->lo,
									       .hi = (s64)s->hi };
	}
	return true;
}
