/* SPDX-License-Identifier: MIT */
/* Canonical states, and the trimmed copies of them that are kept. */
#include "base/str.h"
#include "check/state.h"

#define NAMES STATE_NAMES

/* What occurs in a state, in the order of first occurrence. */
struct names {
	u32 count;
	u8 latest[64]; /* by the low bits: place of the latest with them, plus one; 0: none has */
	u32 from[NAMES];
	u8 uses[NAMES];
};
_Static_assert(NAMES < 255, "counts fit into a byte");

static u32 names_find(const struct names *names, u32 from)
{
	u32 at = names->latest[from % 64];

	if (at == 0 || names->from[at - 1] == from)
		return at != 0 ? at - 1 : names->count;
	for (at = 0; at < names->count && names->from[at] != from; at++)
		;
	return at;
}

static void names_add(struct names *names, u32 from)
{
	u32 at = names_find(names, from);

	if (at == names->count && at < NAMES) {
		names->count++;
		names->latest[from % 64] = (u8)(at + 1);
		names->from[at] = from;
		names->uses[at] = 0;
	}
	if (at < names->count)
		names->uses[at]++;
}

/* A symbol is bounded by more than its distance from zero, which its values know. */
static bool diff_relates(const struct diff *diff, u32 sym)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		if (diff->sym[i] != sym)
			continue;
		for (u32 j = 0; j < DIFF_ROWS; j++) {
			if (j != i && diff->sym[j] != 0 && diff->sym[j] != SYM_ZERO &&
			    (diff->bound[i][j] != DIFF_NONE || diff->bound[j][i] != DIFF_NONE))
				return true;
		}
	}
	return false;
}

static NOINLINE void canonical_syms(struct state *state)
{
	struct names names;
	struct diff_name map[DIFF_ROWS];
	u32 map_count = 0;

	memset(&names, 0, offsetof(struct names, from));
	for (u32 i = 0; i < state_value_count(state); i++) {
		u32 sym = state_value_const(state, i)->sym;

		if (sym >= SYM_FREE)
			names_add(&names, sym);
	}
	/* Those that relate nothing go; the others close up. */
	for (u32 i = 0, next = 0; i < names.count; i++) {
		bool is_kept = names.uses[i] > 1 || diff_relates(&state->diff, names.from[i]);

		names.uses[i] = is_kept ? (u8)++next : 0; /* its place from now on */
	}
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *v = state_value(state, i);
		u32 to;

		if (v->sym < SYM_FREE)
			continue;
		to = names.uses[names_find(&names, v->sym)];
		if (to == 0)
			value_forget(v);
		else
			v->sym = SYM_FREE + to - 1;
	}
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 sym = state->diff.sym[row], at;

		if (sym < SYM_FREE)
			continue;
		at = names_find(&names, sym);
		map[map_count].from = sym;
		map[map_count++].to = at < names.count && names.uses[at] != 0
					      ? SYM_FREE + names.uses[at] - 1u
					      : 0;
	}
	diff_rename(&state->diff, map, map_count);
	state->next_sym = SYM_FREE + NAMES;
}

/* The new number of an id; 0 when there are too many. */
static u32 id_name(const struct names *names, u32 id)
{
	u32 at;

	if (id < ID_FREE)
		return id;
	at = names_find(names, id);
	return at < names->count ? ID_FREE + at : ID_NONE;
}

static NOINLINE void canonical_ids(struct state *state)
{
	struct names names;

	memset(&names, 0, offsetof(struct names, from));
	/* References first, so that they are among those that have a place. */
	for (u32 i = 0; i < state->ref_count; i++)
		names_add(&names, state->refs[i].id);
	names_add(&names, state->lock.id);
	for (u32 i = 0; i < state_value_count(state); i++) {
		const struct value *v = state_value_const(state, i);

		if (v->id >= ID_FREE)
			names_add(&names, v->id);
		if (v->parent >= ID_FREE)
			names_add(&names, v->parent);
	}
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *v = state_value(state, i);
		u32 id, parent;

		if (v->id < ID_FREE && v->parent < ID_FREE && v->type != VALUE_ITER)
			continue;
		id = id_name(&names, v->id);
		parent = id_name(&names, v->parent);

		/* Iterators depend on nothing: it is a help for the next test only. */
		if (v->type == VALUE_ITER)
			v->parent = parent = ID_NONE;

		if ((id == ID_NONE) != (v->id == ID_NONE) ||
		    (parent == ID_NONE) != (v->parent == ID_NONE)) {
			*v = value_none;
			continue;
		}
		v->id = id;
		v->parent = parent;
	}
	for (u32 i = 0; i < state->ref_count; i++)
		state->refs[i].id = id_name(&names, state->refs[i].id);
	state->lock.id = id_name(&names, state->lock.id);
	state->next_id = ID_FREE + NAMES;
}

void state_canonical(struct state *state)
{
	state_forget_unused(state);
	canonical_syms(state);
	canonical_ids(state);
	for (u32 i = 1; i < state->ref_count; i++) {
		struct reference ref = state->refs[i];
		u32 at = i;

		for (; at > 0 && state->refs[at - 1].id > ref.id; at--)
			state->refs[at] = state->refs[at - 1];
		state->refs[at] = ref;
	}
}

/* Rows of the matrix by rising symbol, so that equal sets are equal bytes. */
static u32 diff_order(const struct diff *diff, u32 order[DIFF_ROWS])
{
	u32 count = 0;

	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 at = count;

		if (diff->sym[row] == 0)
			continue;
		for (; at > 0 && diff->sym[order[at - 1]] > diff->sym[row]; at--)
			order[at] = order[at - 1];
		order[at] = row;
		count++;
	}
	return count;
}

/* Sizes of the parts behind the header. */
struct layout {
	size_t regs, frames, refs, lock, syms, bounds, cells, end;
};

static struct layout pack_layout(const struct packed *p)
{
	struct layout l;
	u32 regs = p->regs - (p->regs >> 1 & 0x5555u); /* how many bits are set */

	regs = (regs & 0x3333) + (regs >> 2 & 0x3333);
	regs = (regs + (regs >> 4)) & 0x0f0f;
	regs = (regs & 0xf) + (regs >> 8);
	l.regs = sizeof(*p);
	l.frames = l.regs + regs * sizeof(struct value);
	l.refs = l.frames + p->frames * sizeof(struct frame);
	l.lock = l.refs + p->refs * sizeof(struct reference);
	l.syms = l.lock + (p->has_lock ? sizeof(struct state_lock) : 0);
	l.bounds = l.syms + (p->syms + 1u) / 2 * (2 * sizeof(u32)); /* aligned to 8 */
	l.cells = l.bounds + (size_t)p->syms * p->syms * sizeof(s64);
	l.end = l.cells + p->cells * sizeof(struct cell);
	return l;
}

static struct packed pack_header(const struct state *state)
{
	struct packed p = {
		.frames = (u8)state->frame_count,
		.refs = (u8)state->ref_count,
		.cells = (u8)state->cell_count,
		.has_lock = state->lock.held != 0,
		.packet_moved = state->packet_moved,
		.outer_refs = state->outer_refs,
	};

	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if (state->regs[i].type != VALUE_NONE)
			p.regs |= (u16)(1u << i);
	}
	for (u32 row = 0; row < DIFF_ROWS; row++)
		p.syms = (u16)(p.syms + (state->diff.sym[row] != 0));
	p.bytes = (u32)pack_layout(&p).end;
	return p;
}

size_t state_pack_size(const struct state *state)
{
	return pack_header(state).bytes;
}

const struct packed *state_pack(const struct state *state, void *buf)
{
	struct packed p = pack_header(state);
	struct layout l = pack_layout(&p);
	u8 *to = buf;
	u32 order[DIFF_ROWS];
	struct value *regs = (struct value *)(void *)(to + l.regs);
	u32 *syms = (u32 *)(void *)(to + l.syms);
	s64 *bounds = (s64 *)(void *)(to + l.bounds);

	memcpy(to, &p, sizeof(p));
	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if ((p.regs & 1u << i) != 0)
			*regs++ = state->regs[i];
	}
	memcpy(to + l.frames, state->frames, p.frames * sizeof(struct frame));
	memcpy(to + l.refs, state->refs, p.refs * sizeof(struct reference));
	if (p.has_lock)
		memcpy(to + l.lock, &state->lock, sizeof(state->lock));
	memset(to + l.syms, 0, l.bounds - l.syms);
	(void)diff_order(&state->diff, order);
	for (u32 i = 0; i < p.syms; i++) {
		syms[i] = state->diff.sym[order[i]];
		for (u32 j = 0; j < p.syms; j++)
			bounds[i * p.syms + j] = state->diff.bound[order[i]][order[j]];
	}
	memcpy(to + l.cells, state->cells, p.cells * sizeof(struct cell));
	return buf;
}

void state_unpack(const struct packed *packed, struct state *ret_state)
{
	struct layout l = pack_layout(packed);
	const u8 *from = (const u8 *)packed;
	const struct value *regs = (const struct value *)(const void *)(from + l.regs);
	const u32 *syms = (const u32 *)(const void *)(from + l.syms);
	const s64 *bounds = (const s64 *)(const void *)(from + l.bounds);
	u32 n = packed->syms;

	memset(ret_state, 0, offsetof(struct state, refs));
	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if ((packed->regs & 1u << i) != 0)
			ret_state->regs[i] = *regs++;
	}
	ret_state->frame_count = packed->frames;
	ret_state->ref_count = packed->refs;
	ret_state->cell_count = packed->cells;
	ret_state->packet_moved = packed->packet_moved;
	ret_state->outer_refs = packed->outer_refs;
	ret_state->next_sym = SYM_FREE + NAMES;
	ret_state->next_id = ID_FREE + NAMES;
	memcpy(ret_state->frames, from + l.frames, packed->frames * sizeof(struct frame));
	memcpy(ret_state->refs, from + l.refs, packed->refs * sizeof(struct reference));
	if (packed->has_lock)
		memcpy(&ret_state->lock, from + l.lock, sizeof(ret_state->lock));
	diff_init(&ret_state->diff);
	for (u32 i = 0; i < n; i++) {
		ret_state->diff.sym[i] = syms[i];
		for (u32 j = 0; j < n; j++)
			ret_state->diff.bound[i][j] = bounds[i * n + j];
	}
	memcpy(ret_state->cells, from + l.cells, packed->cells * sizeof(struct cell));
}

bool packed_equal(const struct packed *a, const struct packed *b)
{
	return a->bytes == b->bytes && memcmp(a, b, a->bytes) == 0;
}

static bool value_may_leq(const struct value *v, const struct value *w)
{
	if (w->type == VALUE_NONE)
		return true;
	if (v->type != w->type)
		return (w->flags & VALUE_NULLABLE) != 0 && v->type == VALUE_NUMBER;
	if (v->type == VALUE_NUMBER)
		return v->n.umin >= w->n.umin && v->n.umax <= w->n.umax;
	return v->region == w->region && v->n.smin >= w->n.smin && v->n.smax <= w->n.smax;
}

static bool frames_may_leq(const struct state *a, const struct frame *frames)
{
	for (u32 f = 0; f < a->frame_count; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++) {
			if ((frames[f].init[w] & ~a->frames[f].init[w]) != 0)
				return false;
		}
	}
	return true;
}

static bool is_before(const struct cell *a, const struct cell *b)
{
	return a->frame * 1024 + a->off < b->frame * 1024 + b->off;
}

/* What is in the same place in both. */
static bool cell_may_leq(const struct cell *v, const struct cell *w)
{
	return !cell_is_at(v, w) || value_may_leq(&v->value, &w->value);
}

static bool cells_may_leq(const struct state *a, const struct cell *cells, u32 count, u32 *hint)
{
	const struct cell *v = a->cells, *end = v + a->cell_count;

	for (u32 i = 0; i < count && v < end; i++) {
		const struct cell *w = &cells[i];

		while (v < end && !cell_is_at(v, w) && is_before(v, w))
			v++;
		if (v == end || !cell_is_at(v, w))
			continue;
		if (!value_may_leq(&v->value, &w->value)) {
			*hint = i;
			return false;
		}
		v++;
	}
	return true;
}

bool state_may_leq(const struct state *a, const struct packed *b, u32 *hint)
{
	const struct layout l = pack_layout(b);
	const u8 *from = (const u8 *)b;
	const struct value *regs = (const struct value *)(const void *)(from + l.regs);
	const struct cell *cells = (const struct cell *)(const void *)(from + l.cells);

	if (a->frame_count != b->frames || (a->lock.held != 0) != (b->has_lock != 0))
		return false;
	if (*hint < a->cell_count && *hint < b->cells &&
	    !cell_may_leq(&a->cells[*hint], &cells[*hint]))
		return false;
	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if ((b->regs & 1u << i) != 0 && !value_may_leq(&a->regs[i], regs++))
			return false;
	}
	return frames_may_leq(a, (const struct frame *)(const void *)(from + l.frames)) &&
	       cells_may_leq(a, cells, b->cells, hint);
}
