/* SPDX-License-Identifier: MIT */
/* The rules that states keep, checked on those that come from outside. */
#include "check/state.h"

#include "base/str.h"

static bool region_is_valid(const struct value *v, const struct state *state,
			    const struct prog *prog)
{
	switch ((enum value_type)v->type) {
	case VALUE_NONE:
	case VALUE_TYPE_COUNT: return false;
	case VALUE_NUMBER:
	case VALUE_CTX:
	case VALUE_PACKET:
	case VALUE_META:
	case VALUE_PACKET_END: return v->region == 0 && v->size == 0;
	case VALUE_STACK: return v->region < state->frame_count;
	case VALUE_MAP: return v->region < prog->map_count;
	case VALUE_MAP_VALUE:
		return v->region < prog->map_count && v->size == prog->maps[v->region].value_size;
	case VALUE_MEM:
	case VALUE_OBJECT: return true;
	case VALUE_ITER: return v->region == 0 && v->size <= VALUE_MAX_ELEMENTS;
	case VALUE_CODE: return v->region < prog->subprog_count;
	case VALUE_PACKET_LOW:
		return v->region == VALUE_PACKET || v->region == VALUE_META ||
		       v->region == VALUE_PACKET_END;
	}
	return false;
}

static bool sym_is_valid(u32 sym)
{
	return sym != SYM_NONE && sym < SYM_FREE + STATE_NAMES;
}

static bool value_is_valid(const struct value *v, const struct state *state,
			   const struct prog *prog)
{
	if (v->type == VALUE_NONE)
		return memcmp(v, &value_none, sizeof(*v)) == 0;
	if (v->type >= VALUE_TYPE_COUNT || v->pad != 0 || !region_is_valid(v, state, prog) ||
	    !sym_is_valid(v->sym) || v->id >= ID_FREE + STATE_NAMES ||
	    v->parent >= ID_FREE + STATE_NAMES)
		return false;
	if (v->type == VALUE_NUMBER && ((v->flags & ~VALUE_HALVED) != 0 || v->id != ID_NONE))
		return false;
	if (v->type != VALUE_NUMBER && (v->flags & VALUE_HALVED) != 0)
		return false;
	if ((v->flags & VALUE_ACQUIRED) != 0 && v->id == ID_NONE)
		return false;
	if (v->sym == SYM_ZERO)
		return v->dlo == v->n.smin && v->dhi == v->n.smax && (v->flags & VALUE_HALVED) == 0;
	return true;
}

static bool cells_are_valid(const struct state *state, const struct prog *prog)
{
	for (u32 i = 0; i < state->cell_count; i++) {
		const struct cell *cell = &state->cells[i];
		const struct cell *before = i > 0 ? cell - 1 : NULL;

		if (cell->frame >= state->frame_count || cell->off < -PROG_FRAME_SIZE ||
		    cell->off + cell->size > 0 || cell->pad != 0)
			return false;
		if (cell->size != 1 && cell->size != 2 && cell->size != 4 && cell->size != 8)
			return false;
		if (before != NULL &&
		    (before->frame > cell->frame ||
		     (before->frame == cell->frame && before->off + before->size > cell->off)))
			return false;
		if (!state_is_init(state, cell->frame, cell->off, cell->size) ||
		    !value_is_valid(&cell->value, state, prog))
			return false;
		if (cell->value.type == VALUE_NUMBER
			    ? cell->size < 8 && cell->value.n.umax >> (8 * cell->size) != 0
			    : cell->value.type != VALUE_NONE && cell->size != 8)
			return false;
	}
	return true;
}

static bool diff_is_valid(const struct diff *diff)
{
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		if (diff->sym[i] != 0 && !sym_is_valid(diff->sym[i]))
			return false;
		for (u32 j = 0; j < i; j++) {
			if (diff->sym[i] != 0 && diff->sym[i] == diff->sym[j])
				return false;
		}
	}
	return true;
}

static bool refs_are_valid(const struct state *state)
{
	for (u32 i = 0; i < state->ref_count; i++) {
		if (state->refs[i].id == ID_NONE || state->refs[i].id >= ID_FREE + STATE_NAMES)
			return false;
		for (u32 j = 0; j < i; j++) {
			if (state->refs[i].id == state->refs[j].id)
				return false;
		}
	}
	return true;
}

bool state_is_valid(const struct state *state, const struct prog *prog, bool is_exit)
{
	const struct value *fp = &state->regs[BPF_REG_FP];

	if (state->frame_count > STATE_FRAMES || state->ref_count > STATE_REFS ||
	    state->cell_count > STATE_CELLS || (!is_exit && state->frame_count == 0))
		return false;
	if (is_exit ? fp->type != VALUE_NONE
		    : (fp->type != VALUE_STACK || fp->region != state->frame_count - 1 ||
		       fp->n.smin != 0 || fp->n.smax != 0))
		return false;
	for (u32 i = 0; i < BPF_REG_COUNT; i++) {
		if (!value_is_valid(&state->regs[i], state, prog))
			return false;
	}
	if (state->lock.held > 1 || state->lock.id >= ID_FREE + STATE_NAMES)
		return false;
	return cells_are_valid(state, prog) && diff_is_valid(&state->diff) && refs_are_valid(state);
}
