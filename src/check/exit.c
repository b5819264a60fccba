/* SPDX-License-Identifier: MIT */
/* Leaving a program, a function or a callback. */
#include "check/internal.h"

static enum transfer_result fail_return(struct transfer *t, enum finding_id id, u32 slot,
					const struct state *state)
{
	return transfer_fail(t, id, slot, state, BPF_REG_0);
}

/* Verdicts are 32 bits wide. An address may be anything. */
static bool is_between(const struct value *v, s32 least, s32 most)
{
	if (!value_is_number(v))
		return least == INT32_MIN && most == INT32_MAX;
	return v->n.smin32 >= least && v->n.smax32 <= most;
}

static enum transfer_result exit_main(struct transfer *t, const struct state *state, u32 slot)
{
	struct spec_range result = spec_result_of(t->prog->type, t->prog->attach);
	const struct value *r0 = &state->regs[BPF_REG_0];

	if (r0->type == VALUE_NONE)
		return fail_return(t, FINDING_RETURN_UNINIT, slot, state);
	if (!value_is_number(r0) && !transfer_may_leak(t))
		return fail_return(t, FINDING_RETURN_TYPE, slot, state);
	if (!is_between(r0, result.least, result.most))
		return fail_return(t, FINDING_RETURN_RANGE, slot, state);
	if (state->ref_count != 0) {
		transfer_fail(t, FINDING_LEAKED_REFERENCE, slot, state, FINDING_NO_REG);
		t->finding.other = state->refs[0].slot;
		return TRANSFER_FAIL;
	}
	return TRANSFER_OK;
}

static enum transfer_result exit_callback(struct transfer *t, struct state *state, u32 slot)
{
	const struct spec_callback *contract = spec_callback_of((enum spec_arg)t->func);
	const struct value *r0 = &state->regs[BPF_REG_0];

	if (r0->type == VALUE_NONE)
		return fail_return(t, FINDING_RETURN_UNINIT, slot, state);
	if (!value_is_number(r0))
		return fail_return(t, FINDING_RETURN_TYPE, slot, state);
	if (contract == NULL || r0->n.smin < contract->least || r0->n.smax > contract->most)
		return fail_return(t, FINDING_CALLBACK_RETURN, slot, state);
	state->regs[BPF_REG_0] = value_none;
	return TRANSFER_OK;
}

/* Pointers into the frame that goes away. */
static void drop_own_frame(struct state *state)
{
	u32 own = state->frame_count - 1, kept = 0;
	struct value *r0 = &state->regs[BPF_REG_0];

	for (u32 i = 0; i < state->cell_count; i++) {
		if (state->cells[i].frame != own)
			state->cells[kept++] = state->cells[i];
	}
	state->cell_count = kept;
	for (u32 i = 0; i < state->cell_count;) {
		struct cell cell = state->cells[i];

		if (cell.value.type == VALUE_STACK && cell.value.region == own)
			state_clear(state, cell.frame, cell.off, cell.size);
		else
			i++;
	}
	if (r0->type == VALUE_STACK && r0->region == own)
		*r0 = value_none;
	for (u32 reg = BPF_REG_1; reg < BPF_REG_COUNT; reg++)
		state->regs[reg] = value_none;
	state->frame_count = own;
}

/* Anchors mean nothing outside of the instance; what they relate stays related. */
static void free_anchors(struct state *state)
{
	struct diff_name names[DIFF_ROWS];
	size_t count = 0;
	u32 base = state->next_sym;

	state->next_sym += SYM_ENTRY;
	for (u32 i = 0; i < state_value_count(state); i++) {
		struct value *v = state_value(state, i);

		if (v->sym >= SYM_ANCHOR && v->sym < SYM_ENTRY)
			v->sym += base;
	}
	for (u32 row = 0; row < DIFF_ROWS; row++) {
		u32 sym = state->diff.sym[row];

		if (sym >= SYM_ANCHOR && sym < SYM_ENTRY)
			names[count++] = (struct diff_name){ .from = sym, .to = base + sym };
	}
	diff_rename(&state->diff, names, count);
}

enum transfer_result transfer_exit(struct transfer *t, struct state *state, u32 slot)
{
	enum transfer_result result = TRANSFER_OK;

	if (state->lock.held != 0)
		return transfer_fail(t, FINDING_LOCK_HELD, slot, state, FINDING_NO_REG);
	switch (t->kind) {
	case INSTANCE_MAIN: return exit_main(t, state, slot);
	case INSTANCE_CALL: break;
	case INSTANCE_CALLBACK:
	case INSTANCE_COUNT: result = exit_callback(t, state, slot); break;
	}
	if (result != TRANSFER_OK)
		return result;
	drop_own_frame(state);
	free_anchors(state);
	state_forget_unused(state);
	return TRANSFER_OK;
}
