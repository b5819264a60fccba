/* SPDX-License-Identifier: MIT */
/* Keys of states: all of them in one go over the state. */
#include "verify/search.h"

static u64 mix(u64 h, u64 v)
{
	h ^= v + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
	return h * 0xbf58476d1ce4e5b9ull;
}

static u64 type_key(const struct value *v)
{
	return (u64)v->type << 40 | (u64)v->flags << 32 | v->region;
}

/* Constants; pieces of a frame differ in what was written there. */
static u64 detail_key(const struct value *v)
{
	u64 n;

	if (v->type == VALUE_STACK)
		return mix((u64)v->n.smin, (u64)v->n.smax);
	return value_is_const(v, &n) ? mix(1, n) : 0;
}

static u64 held_key(const struct state *state)
{
	const struct state_lock *lock = &state->lock;
	u64 h = mix(state->frame_count, (u64)lock->held << 32 | lock->region);

	h = mix(h, (u64)lock->id << 32 | (u32)lock->off);
	for (u32 i = 0; i < state->ref_count; i++)
		h = mix(h, (u64)state->refs[i].kind << 32 | state->refs[i].slot);
	return h;
}

struct keys state_keys(const struct state *state)
{
	struct keys k = { .held = held_key(state) };

	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++) {
		u64 type = type_key(&state->regs[reg]);

		k.coarse = mix(k.coarse, type);
		k.medium = mix(k.medium, type ^ detail_key(&state->regs[reg]));
	}
	k.fine = k.medium;
	for (u32 i = 0; i < state->cell_count; i++) {
		const struct cell *cell = &state->cells[i];
		u64 type = mix((u64)(u16)cell->off << 8 | cell->frame, type_key(&cell->value));

		k.fine = mix(k.fine, type ^ detail_key(&cell->value));
		if (cell->value.type == VALUE_NUMBER)
			continue;
		k.medium = mix(k.medium, type);
		k.coarse = mix(k.coarse, type);
	}
	for (u32 f = 0; f < state->frame_count; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++)
			k.fine = mix(k.fine, state->frames[f].init[w]);
	}
	return k;
}
