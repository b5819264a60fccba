/* SPDX-License-Identifier: MIT */
/* Candidates for a rank: registers and cells whose value goes one way each time that a loop comes
 * around. Each gets an anchor at the head; what comes back says how far it went from there. */
#include "check/exact.h"
#include "verify/search.h"

struct value *candidate_value(struct state *state, const struct candidate *c)
{
	struct cell *cell;

	if (c->reg < BPF_REG_COUNT)
		return &state->regs[c->reg];
	cell = c->frame < state->frame_count ? state_cell(state, c->frame, c->off, c->size) : NULL;
	return cell != NULL ? &cell->value : NULL;
}

/* The value of c; false: there is none. */
static bool candidate_read(struct state *state, const struct candidate *c, struct value *ret)
{
	const struct cell *cell;

	if (c->reg < BPF_REG_COUNT) {
		*ret = state->regs[c->reg];
		return true;
	}
	cell = c->frame < state->frame_count ? state_cell(state, c->frame, c->off, c->size) : NULL;
	if (cell == NULL)
		return false;
	*ret = cell->value;
	return true;
}

/* sym is called anchor - shift from now on. */
static void rename_sym(struct state *state, u32 sym, u32 anchor, s64 shift)
{
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *v = state_value(state, i);
		s64 lo, hi;

		if (v->sym != sym)
			continue;
		if (!exact_sub_fits(v->dlo, shift, &lo) || !exact_sub_fits(v->dhi, shift, &hi)) {
			value_forget(v);
			continue;
		}
		v->sym = anchor;
		v->dlo = lo;
		v->dhi = hi;
	}
}

bool candidate_anchor(struct state *state, const struct candidate *c, u32 anchor)
{
	struct value *v = candidate_value(state, c);
	u32 others[DIFF_ROWS];
	s64 above[DIFF_ROWS], below[DIFF_ROWS], shift;
	u32 sym;

	if (v == NULL || (v->type != VALUE_NUMBER && !value_is_pointer(v)))
		return false;
	if (v->sym == SYM_ZERO || !value_is_exact(v)) {
		v->sym = anchor;
		v->dlo = v->dhi = 0;
		return true;
	}
	sym = v->sym;
	if (sym < SYM_FREE)
		return false;
	shift = v->dlo;
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		others[i] = state->diff.sym[i];
		above[i] = below[i] = INT64_MAX;
		if (others[i] == 0 || others[i] == sym || others[i] == SYM_ZERO)
			continue;
		above[i] = exact_add(state_sym_bound(state, sym, others[i]), shift);
		below[i] = exact_sub(state_sym_bound(state, others[i], sym), shift);
	}
	diff_forget(&state->diff, sym);
	rename_sym(state, sym, anchor, shift);
	for (u32 i = 0; i < DIFF_ROWS; i++) {
		if (above[i] != INT64_MAX)
			(void)!state_add_diff(state, anchor, others[i], above[i]);
		if (below[i] != INT64_MAX)
			(void)!state_add_diff(state, others[i], anchor, below[i]);
	}
	return true;
}

static void try(struct walk *w, struct state *state, struct trial *trial, struct candidate c)
{
	const struct value *v = candidate_value(state, &c);

	if (trial->candidate_count == MAX_CANDIDATES || w->last_trial <= w->next_anchor ||
	    v == NULL || v->type == VALUE_NONE || (v->flags & VALUE_NULLABLE) != 0 ||
	    (v->sym < SYM_FREE && v->sym != SYM_ZERO))
		return;
	c.anchor = (u16)w->last_trial;
	c.grows = c.falls = true;
	if (!candidate_anchor(state, &c, c.anchor))
		return;
	w->last_trial--;
	trial->candidates[trial->candidate_count++] = c;
}

void candidates_find(struct walk *w, const struct cfg_loop *loop, struct state *state,
		     struct trial *trial)
{
	u32 own = state->frame_count - 1;

	for (u32 reg = 0; reg < BPF_REG_FP; reg++) {
		if ((loop->mod_regs & 1u << reg) != 0)
			try(w, state, trial, (struct candidate){ .reg = (u8)reg });
	}
	for (u32 i = 0; i < state->cell_count; i++) {
		struct cell cell = state->cells[i];

		if (cell.frame != own || (loop->mod_stack & cfg_granules(cell.off, cell.size)) != 0)
			try(w, state, trial,
			    (struct candidate){ .reg = FINDING_NO_REG,
						.frame = cell.frame,
						.size = cell.size,
						.off = cell.off });
	}
}

void candidates_see(struct state *state, struct trial *trial)
{
	for (u32 i = 0; i < trial->candidate_count; i++) {
		struct candidate *c = &trial->candidates[i];
		struct value v;

		if (!candidate_read(state, c, &v) || v.type == VALUE_NONE ||
		    (v.flags & VALUE_NULLABLE) != 0) {
			c->grows = c->falls = false;
			continue;
		}
		if (exact_sub(state_sym_bound(state, c->anchor, v.sym), v.dlo) >= 0)
			c->grows = false;
		/* What is halved may be 0 already, unless that has been looked at. */
		if (exact_add(state_sym_bound(state, v.sym, c->anchor), v.dhi) >= 0 &&
		    !((v.flags & VALUE_HALVED) != 0 && v.sym == c->anchor && v.n.smin > 0))
			c->falls = false;
	}
}

void candidates_strip(struct state *state, const struct trial *trials, u32 count)
{
	struct diff_name names[DIFF_ROWS];
	size_t name_count = 0;

	for (u32 t = 0; t < count; t++) {
		for (u32 i = 0; i < trials[t].candidate_count; i++) {
			u32 anchor = trials[t].candidates[i].anchor, to = state_new_sym(state);

			rename_sym(state, anchor, to, 0);
			for (u32 row = 0; row < DIFF_ROWS; row++) {
				if (state->diff.sym[row] == anchor)
					names[name_count++] =
						(struct diff_name){ .from = anchor, .to = to };
			}
		}
	}
	diff_rename(&state->diff, names, name_count);
}
