/* SPDX-License-Identifier: MIT */
/* Keys of states: types and nullness of values (coarse); constants, places and what is initialised
 * on the stack as well (fine). */
#include "verify/search.h"

static u64 mix(u64 h, u64 v)
{
	h ^= v + 0x9e3779b97f4a7c15ull + (h << 6) + (h >> 2);
	return h * 0xbf58476d1ce4e5b9ull;
}

static u64 value_key(u64 h, const struct value *v, bool is_fine)
{
	u64 n;

	h = mix(h, v->type);
	if (v->type != VALUE_NUMBER) {
		h = mix(mix(h, v->flags), v->region);
		/* Pieces of a frame differ in what was written there. */
		if (is_fine && v->type == VALUE_STACK)
			h = mix(mix(h, (u64)v->n.smin), (u64)v->n.smax);
		return h;
	}
	if (is_fine && value_is_const(v, &n))
		h = mix(h, n);
	return h;
}

static u64 key(const struct state *state, bool is_fine, bool are_regs_fine)
{
	u64 h = 0;

	for (u32 f = 0; f < state->frame_count && is_fine; f++) {
		for (u32 w = 0; w < PROG_FRAME_SIZE / 64; w++)
			h = mix(h, state->frames[f].init[w]);
	}
	for (u32 reg = 0; reg < BPF_REG_COUNT; reg++)
		h = value_key(h, &state->regs[reg], are_regs_fine);
	for (u32 i = 0; i < state->cell_count; i++) {
		const struct cell *cell = &state->cells[i];

		if (cell->value.type == VALUE_NUMBER && !is_fine)
			continue;
		h = mix(h, (u64)(u16)cell->off << 8 | cell->frame);
		h = value_key(h, &cell->value, is_fine);
	}
	return h;
}

u64 key_coarse(const struct state *state)
{
	return key(state, false, false);
}

u64 key_medium(const struct state *state)
{
	return key(state, false, true);
}

u64 key_fine(const struct state *state)
{
	return key(state, true, true);
}
