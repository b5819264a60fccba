/* SPDX-License-Identifier: MIT */
/* The stack of a state: which bytes are initialised, and cells for what is known of them. */
#include "check/state.h"

#include "base/str.h"

/* Bits of bytes [at, at + size) in word w of a frame. */
static u64 word_mask(u32 w, u32 at, u32 size)
{
	u32 lo = MAX(at, w * 64), hi = MIN(at + size, w * 64 + 64);

	if (lo >= hi)
		return 0;
	return (hi - lo == 64 ? ~0ull : (1ull << (hi - lo)) - 1) << (lo - w * 64);
}

static u32 byte_index(s32 off)
{
	return (u32)(off + PROG_FRAME_SIZE);
}

static void set_init(struct state *state, u32 frame, s32 off, u32 size, bool init)
{
	u32 at = byte_index(off);

	for (u32 w = at / 64; w * 64 < at + size; w++) {
		u64 mask = word_mask(w, at, size);

		if (init)
			state->frames[frame].init[w] |= mask;
		else
			state->frames[frame].init[w] &= ~mask;
	}
}

bool state_is_init(const struct state *state, u32 frame, s32 off, u32 size)
{
	u32 at = byte_index(off);

	for (u32 w = at / 64; w * 64 < at + size; w++) {
		u64 mask = word_mask(w, at, size);

		if ((state->frames[frame].init[w] & mask) != mask)
			return false;
	}
	return true;
}

/* The first cell that ends behind off in frame, or the place where it would be. */
static u32 cell_find(const struct state *state, u32 frame, s32 off)
{
	u32 low = 0, high = state->cell_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		const struct cell *cell = &state->cells[mid];

		if (cell->frame < frame || (cell->frame == frame && cell->off + cell->size <= off))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool cell_overlaps(const struct state *state, u32 i, u32 frame, s32 end)
{
	return i < state->cell_count && state->cells[i].frame == frame && state->cells[i].off < end;
}

struct cell *state_cell(struct state *state, u32 frame, s32 off, u32 size)
{
	return (struct cell *)(uintptr_t)state_cell_const(state, frame, off, size);
}

const struct cell *state_cell_const(const struct state *state, u32 frame, s32 off, u32 size)
{
	u32 i = cell_find(state, frame, off);

	if (!cell_overlaps(state, i, frame, off + 1) || state->cells[i].off != off ||
	    state->cells[i].size != size)
		return NULL;
	return &state->cells[i];
}

static void cell_remove(struct state *state, u32 i)
{
	state->cell_count--;
	memmove(&state->cells[i], &state->cells[i + 1],
		(state->cell_count - i) * sizeof(struct cell));
}

/* False when there is no room; nothing has changed then. */
static bool cell_insert(struct state *state, u32 frame, s32 off, u32 size,
			const struct value *value)
{
	u32 i = cell_find(state, frame, off);

	if (state->cell_count == STATE_CELLS)
		return false;
	memmove(&state->cells[i + 1], &state->cells[i],
		(state->cell_count - i) * sizeof(struct cell));
	state->cell_count++;
	state->cells[i] = (struct cell){
		.frame = (u8)frame, .size = (u8)size, .off = (s16)off, .value = *value
	};
	return true;
}

/* What is left of cell i outside of [off, end) after a write there: pieces of constants, byte by
 * byte in the largest aligned pieces. */
static void keep_pieces(struct state *state, const struct cell *old, s32 off, s32 end)
{
	u64 n;

	if (!value_is_const(&old->value, &n))
		return;
	for (s32 at = old->off; at < old->off + old->size;) {
		u32 size = 4;

		if (at >= off && at < end) {
			at = end;
			continue;
		}
		while (size > 1 &&
		       ((u32)(at - old->off) % size != 0 || at + (s32)size > old->off + old->size ||
			(at < off && at + (s32)size > off)))
			size /= 2;
		{
			u64 part = n >> (8 * (at - old->off));
			struct value v = value_const(part & (~0ull >> (64 - 8 * size)));

			if (!cell_insert(state, old->frame, at, size, &v))
				return;
		}
		at += (s32)size;
	}
}

/* Takes away what is known of bytes that are written over. Other bytes of a pointer that is cut
 * count as not written. */
static void cut(struct state *state, u32 frame, s32 off, u32 size)
{
	s32 end = off + (s32)size;
	u32 i;

	while (i = cell_find(state, frame, off), cell_overlaps(state, i, frame, end)) {
		struct cell old = state->cells[i];

		cell_remove(state, i);
		if (old.value.type != VALUE_NUMBER)
			set_init(state, frame, old.off, old.size, false);
		else if (old.off < off || old.off + old.size > end)
			keep_pieces(state, &old, off, end);
	}
}

/* The bytes say more than that they were written. */
static bool is_cell(const struct value *v, u32 size)
{
	struct scalar any;

	if (v->type != VALUE_NUMBER)
		return v->type != VALUE_NONE && size == 8;
	if (v->sym != SYM_ZERO || v->n.umax != ~0ull >> (64 - 8 * size))
		return true;
	any = scalar_from_load(size, false);
	return !scalar_leq(&any, &v->n);
}

void state_store(struct state *state, u32 frame, s32 off, u32 size, const struct value *value)
{
	struct value v = *value;
	struct cell *same = state_cell(state, frame, off, size);
	bool is_number = v.type == VALUE_NUMBER, is_kept;

	if (is_number && size < 8) {
		struct scalar low = scalar_extend(&v.n, size, false);

		if (memcmp(&low, &v.n, sizeof(low)) != 0)
			v = value_number(&low);
	}
	is_kept = is_cell(&v, size);
	if (is_kept && same != NULL) {
		same->value = v;
	} else {
		cut(state, frame, off, size);
		is_kept = is_kept && cell_insert(state, frame, off, size, &v);
	}
	set_init(state, frame, off, size, is_number || is_kept);
}

bool state_has_pointer(const struct state *state, u32 frame, s32 off, u32 size)
{
	for (u32 i = cell_find(state, frame, off); cell_overlaps(state, i, frame, off + (s32)size);
	     i++) {
		if (state->cells[i].value.type != VALUE_NUMBER)
			return true;
	}
	return false;
}

void state_havoc(struct state *state, u32 frame, s32 off, u32 size, bool is_sure)
{
	cut(state, frame, off, size);
	if (is_sure)
		set_init(state, frame, off, size, true);
}

void state_clear(struct state *state, u32 frame, s32 off, u32 size)
{
	cut(state, frame, off, size);
	set_init(state, frame, off, size, false);
}

/* Bytes [off, off + size) of cells that are all constants. */
static bool load_consts(const struct state *state, u32 frame, s32 off, u32 size, u64 *ret_n)
{
	u64 n = 0;

	for (u32 at = 0; at < size;) {
		u32 i = cell_find(state, frame, off + (s32)at);
		const struct cell *cell = &state->cells[i];
		u64 part;
		u32 skip, len;

		if (!cell_overlaps(state, i, frame, off + (s32)at + 1) ||
		    !value_is_const(&cell->value, &part))
			return false;
		skip = (u32)(off + (s32)at - cell->off);
		len = MIN((u32)cell->size - skip, size - at);
		part >>= 8 * skip;
		part &= ~0ull >> (64 - 8 * len);
		n |= part << (8 * at);
		at += len;
	}
	*ret_n = n;
	return true;
}

/* A part of a wider number: shifts of it. */
static NOINLINE bool load_part(const struct state *state, u32 frame, s32 off, u32 size,
			       struct value *ret)
{
	u32 i = cell_find(state, frame, off);
	const struct cell *cell = &state->cells[i];
	struct scalar n, by;

	if (!cell_overlaps(state, i, frame, off + 1) || cell->off > off ||
	    cell->off + cell->size < off + (s32)size || cell->value.type != VALUE_NUMBER)
		return false;
	by = scalar_const(8 * (u64)(off - cell->off));
	n = scalar_alu(ALU_RSH, 64, &cell->value.n, &by);
	n = scalar_extend(&n, size, false);
	*ret = value_number(&n);
	if (cell->off == off && cell->value.n.umax <= ~0ull >> (64 - 8 * size))
		*ret = cell->value; /* the upper bytes are 0: the same number */
	return true;
}

/* Bytes of which nothing is known. Loading them again gives the same number. */
static NOINLINE void load_unknown(struct state *state, u32 frame, s32 off, u32 size,
				  struct value *ret)
{
	struct scalar n = scalar_from_load(size, false);

	*ret = value_number(&n);
	state_name(state, ret);
	if (!cell_overlaps(state, cell_find(state, frame, off), frame, off + (s32)size))
		(void)cell_insert(state, frame, off, size, ret);
}

struct value state_load(struct state *state, u32 frame, s32 off, u32 size)
{
	struct cell *cell = state_cell(state, frame, off, size);
	struct value v;
	u64 constant;

	if (!state_is_init(state, frame, off, size))
		return value_none;
	if (cell != NULL) {
		if (cell->value.type == VALUE_NUMBER)
			state_name(state, &cell->value);
		return cell->value;
	}
	if (state_has_pointer(state, frame, off, size))
		return value_none;
	if (load_consts(state, frame, off, size, &constant))
		return value_const(constant);
	if (load_part(state, frame, off, size, &v))
		return v;
	load_unknown(state, frame, off, size, &v);
	return v;
}
