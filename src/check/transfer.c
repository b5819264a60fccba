/* SPDX-License-Identifier: MIT */
/* Instructions on states: which part of the module does which. */
#include "check/transfer.h"

#include "base/str.h"
#include "check/internal.h"

void check_policy_default(struct check_policy *ret_policy)
{
	*ret_policy = (struct check_policy){ .max_steps = 1ull << 26 };
}

void transfer_init(struct transfer *t, const struct prog *prog, const struct cfg *cfg,
		   const struct check_policy *policy, struct state *callee)
{
	memset(t, 0, sizeof(*t));
	t->prog = prog;
	t->cfg = cfg;
	t->policy = policy;
	t->callee = callee;
}

void transfer_clobber(struct state *state)
{
	for (u32 reg = BPF_REG_0; reg <= 5; reg++)
		state->regs[reg] = value_none;
}

enum transfer_result transfer_fail(struct transfer *t, enum finding_id id, u32 slot,
				   const struct state *state, u32 reg)
{
	struct finding *f = &t->finding;

	*f = (struct finding){ .id = (u16)id, .reg = (u8)reg, .slot = slot };
	if (reg < BPF_REG_COUNT) {
		const struct value *v = &state->regs[reg];

		f->type = v->type;
		f->flags = v->flags;
		f->region = v->region;
		f->lo = v->n.smin;
		f->hi = v->n.smax;
	}
	return TRANSFER_FAIL;
}

bool transfer_may_leak(const struct transfer *t)
{
	return !t->policy->unprivileged &&
	       (t->policy->allow_leaks || (t->prog->type->flags & PROG_TYPE_PRIVILEGED) != 0);
}

enum transfer_result transfer_acquire(struct transfer *t, struct state *state, u32 id, u32 kind,
				      u32 slot)
{
	if (state_acquire(state, id, kind, slot) == 0)
		return TRANSFER_OK;
	(void)transfer_fail(t, FINDING_TOO_MANY_REFS, slot, state, FINDING_NO_REG);
	t->finding.limit = STATE_REFS;
	return TRANSFER_FAIL;
}

enum transfer_result transfer_readable(struct transfer *t, const struct state *state, u32 slot,
				       u32 reg)
{
	if (state->regs[reg].type != VALUE_NONE)
		return TRANSFER_OK;
	return transfer_fail(t, FINDING_UNINIT_REG, slot, state, reg);
}

enum transfer_result transfer_writable(struct transfer *t, const struct state *state, u32 slot,
				       u32 reg)
{
	if (reg != BPF_REG_FP)
		return TRANSFER_OK;
	return transfer_fail(t, FINDING_FRAME_POINTER, slot, state, reg);
}

enum transfer_result transfer_entry(struct transfer *t, struct state *ret_state)
{
	const struct spec_prog_type *type = t->prog->type;

	state_init(ret_state);
	if (type == NULL)
		return transfer_fail(t, FINDING_PROG_TYPE, 0, ret_state, FINDING_NO_REG);
	ret_state->regs[BPF_REG_1] = value_pointer(VALUE_CTX, 0);
	if ((type->flags & PROG_TYPE_RAW) != 0) {
		/* n bytes, as if they were a packet; r2 is n. */
		struct scalar n = scalar_range_u(MIN(t->policy->raw_size, (u64)VALUE_MAX_PACKET),
						 VALUE_MAX_PACKET);

		ret_state->regs[BPF_REG_1] = value_pointer(VALUE_PACKET, 0);
		ret_state->regs[2] = value_number(&n);
		ret_state->regs[2].sym = SYM_LEN;
		ret_state->regs[2].dlo = 0;
		ret_state->regs[2].dhi = 0;
		if (!state_add_diff(ret_state, SYM_ZERO, SYM_LEN, -(s64)n.umin))
			return TRANSFER_DEAD;
	}
	return TRANSFER_OK;
}

static enum transfer_result call_by_number(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);
	enum transfer_result result = transfer_readable(t, state, slot, insn->dst);
	u64 id;

	if (result != TRANSFER_OK)
		return result;
	if (!value_is_const(&state->regs[insn->dst], &id) || id > UINT32_MAX)
		return transfer_fail(t, FINDING_CALLX, slot, state, insn->dst);
	return transfer_helper_call(t, state, slot);
}

enum transfer_result transfer_insn(struct transfer *t, struct state *state, u32 slot)
{
	const struct insn *insn = transfer_insn_at(t, slot);

	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return transfer_alu(t, state, slot);
	case INSN_NEG: return transfer_neg(t, state, slot);
	case INSN_MOVSX: return transfer_movsx(t, state, slot);
	case INSN_SWAP: return transfer_swap(t, state, slot);
	case INSN_LDDW: return transfer_lddw(t, state, slot);
	case INSN_LDDW_HIGH: return TRANSFER_OK;
	case INSN_LOAD:
	case INSN_LOAD_ACQ: return transfer_load(t, state, slot);
	case INSN_STORE:
	case INSN_STORE_REL: return transfer_store(t, state, slot);
	case INSN_ATOMIC: return transfer_atomic(t, state, slot);
	case INSN_LD_PACKET: return transfer_ld_packet(t, state, slot);
	case INSN_CALL:
	case INSN_CALL_KFUNC: return transfer_helper_call(t, state, slot);
	case INSN_CALLX: return call_by_number(t, state, slot);
	case INSN_CALL_LOCAL: return transfer_local(t, state, slot);
	case INSN_JUMP_IF:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_EXIT: break; /* not for here */
	}
	return TRANSFER_OK;
}
