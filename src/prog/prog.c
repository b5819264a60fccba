/* SPDX-License-Identifier: MIT */
#include "prog/prog.h"

#include "base/error.h"
#include "prog/exec.h"

const char *dialect_name(enum dialect dialect)
{
	switch (dialect) {
	case DIALECT_WINDOWS: return "windows";
	case DIALECT_LINUX: return "linux";
	case DIALECT_UNKNOWN: break;
	}
	return "unknown";
}

const struct prog_subprog *prog_subprog_at(const struct prog *prog, u32 slot)
{
	u32 low = 0, high = prog->subprog_count;

	/* The last one that starts at or before slot stands at low - 1. */
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (prog->subprogs[mid].start <= slot)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || slot - prog->subprogs[low - 1].start >= prog->subprogs[low - 1].count)
		return NULL;
	return &prog->subprogs[low - 1];
}

const struct prog_line *prog_line_at(const struct prog *prog, u32 slot)
{
	u32 low = 0, high = prog->line_count;

	if (slot >= prog->insn_count)
		return NULL;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (prog->lines[mid].slot <= slot)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NULL : &prog->lines[low - 1];
}

const char *prog_unresolved_at(const struct prog *prog, u32 slot)
{
	u32 low = 0, high = prog->unresolved_count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (prog->unresolved[mid].slot < slot)
			low = mid + 1;
		else
			high = mid;
	}
	return low < prog->unresolved_count && prog->unresolved[low].slot == slot
		       ? prog->unresolved[low].text
		       : NULL;
}

/* Whether kind, op and registers exist; engines index tables by them. */
static bool insn_is_known(const struct insn *insn)
{
	if (insn->dst >= BPF_REG_COUNT || insn->src >= BPF_REG_COUNT)
		return false;
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU: return insn->op < ALU_OP_COUNT;
	case INSN_JUMP_IF: return insn->op < JUMP_OP_COUNT;
	case INSN_ATOMIC: return insn->op < ATOMIC_OP_COUNT;
	case INSN_LDDW: return insn->op < LDDW_OP_COUNT;
	case INSN_SWAP: return insn->op <= SWAP_ALWAYS;
	case INSN_NEG:
	case INSN_MOVSX:
	case INSN_LDDW_HIGH:
	case INSN_LOAD:
	case INSN_STORE:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL:
	case INSN_LD_PACKET:
	case INSN_JUMP:
	case INSN_MAY_GOTO:
	case INSN_CALL:
	case INSN_CALL_LOCAL:
	case INSN_CALL_KFUNC:
	case INSN_CALLX:
	case INSN_EXIT: return true;
	}
	return false;
}

static int check_index(u32 slot, const char *what, s64 index, u32 count, struct error *err)
{
	if (index < 0 || index >= count)
		return error_set(err, ERR_NOEXEC, "slot %u: %s %lld, and there are %u", slot, what,
				 index, count);
	return 0;
}

static int check_lddw(const struct prog *prog, u32 slot, struct error *err)
{
	const struct insn *insn = &prog->insns[slot];

	switch ((enum lddw_op)insn->op) {
	case LDDW_IMM:
	case LDDW_CODE: return 0;
	case LDDW_VARIABLE:
		return check_index(slot, "variable index", insn->imm, prog->var_count, err);
	case LDDW_MAP:
	case LDDW_MAP_VALUE: return check_index(slot, "map index", insn->imm, prog->map_count, err);
	case LDDW_MAP_IDX:
	case LDDW_MAP_IDX_VALUE:
	case LDDW_OP_COUNT: break;
	}
	return error_set(err, ERR_NOEXEC, "slot %u: unresolved map reference", slot);
}

/* A jump stays in its subprogram; a call and a code address go to the start of one. */
static int check_target(const struct prog *prog, const struct prog_subprog *own, u32 slot,
			bool is_call, struct error *err)
{
	s64 target = (s64)slot + 1 + prog->insns[slot].off;
	const struct prog_subprog *subprog = own;

	if (target < 0 || target >= prog->insn_count)
		return error_set(err, ERR_NOEXEC, "slot %u: target %lld is outside the program",
				 slot, target);
	if (is_call || (u32)target - own->start >= own->count)
		subprog = prog_subprog_at(prog, (u32)target);
	if (is_call && (subprog == NULL || subprog->start != target))
		return error_set(err, ERR_NOEXEC,
				 "slot %u: target %lld is not the start of a subprogram", slot,
				 target);
	if (!is_call && subprog != own)
		return error_set(err, ERR_NOEXEC,
				 "slot %u: target %lld is outside subprogram %s, slots %u to %u",
				 slot, target, own->name != NULL ? own->name : "?", own->start,
				 own->start + own->count - 1);
	if (prog->insns[target].kind == INSN_LDDW_HIGH)
		return error_set(err, ERR_NOEXEC, "slot %u: target %lld is the second half of lddw",
				 slot, target);
	return 0;
}

static int check_insn(const struct prog *prog, const struct prog_subprog *own, u32 slot,
		      struct error *err)
{
	const struct insn *insn = &prog->insns[slot];
	bool is_high = insn->kind == INSN_LDDW_HIGH;

	if (!insn_is_known(insn))
		return error_set(err, ERR_NOEXEC, "slot %u: unknown instruction", slot);
	if (is_high != (slot > own->start && prog->insns[slot - 1].kind == INSN_LDDW))
		return error_set(err, ERR_NOEXEC, "slot %u: the halves of lddw do not match", slot);
	if (insn->kind == INSN_LDDW) {
		int status = check_lddw(prog, slot, err);

		if (status != 0 || insn->op != LDDW_CODE)
			return status;
		return check_target(prog, own, slot, true, err);
	}
	if (insn->kind == INSN_CALL_LOCAL)
		return check_target(prog, own, slot, true, err);
	if (insn->kind == INSN_JUMP_IF || insn->kind == INSN_JUMP || insn->kind == INSN_MAY_GOTO)
		return check_target(prog, own, slot, false, err);
	if (insn->kind == INSN_CALL_KFUNC)
		return check_index(slot, "function index", insn->imm, prog->func_count, err);
	return 0;
}

static int check_subprogs(const struct prog *prog, struct error *err)
{
	u32 next = 0;

	if (prog->subprog_count == 0)
		return error_set(err, ERR_NOEXEC, "the program has no subprogram");
	for (u32 i = 0; i < prog->subprog_count; i++) {
		const struct prog_subprog *subprog = &prog->subprogs[i];

		if (subprog->start != next || subprog->count == 0 ||
		    subprog->count > prog->insn_count - next)
			return error_set(err, ERR_NOEXEC,
					 "subprogram %u: %u slots from %u on, where the one "
					 "before ends at %u and the program at %u",
					 i, subprog->count, subprog->start, next, prog->insn_count);
		next += subprog->count;
	}
	if (next != prog->insn_count)
		return error_set(err, ERR_NOEXEC, "slot %u belongs to no subprogram", next);
	return 0;
}

/* Of a kind of which check_insn() asks nothing else than whether it is known. */
static bool is_plain(const struct insn *insn)
{
	return (insn->kind == INSN_ALU || insn->kind == INSN_LOAD || insn->kind == INSN_STORE) &&
	       insn_is_known(insn);
}

static int check_subprog(const struct prog *prog, const struct prog_subprog *own, struct error *err)
{
	u32 end = own->start + own->count;
	const struct insn *insn = &prog->insns[own->start];
	bool is_half = true; /* the first one is looked at closer */

	for (u32 slot = own->start; slot < end; slot++, insn++) {
		if (!is_half && is_plain(insn))
			continue;
		if (check_insn(prog, own, slot, err) != 0)
			return ERR_NOEXEC;
		is_half = insn->kind == INSN_LDDW;
	}
	if (insn[-1].kind != INSN_EXIT && insn[-1].kind != INSN_JUMP)
		return error_set(err, ERR_NOEXEC, "slot %u: execution runs out of the subprogram",
				 end - 1);
	return 0;
}

int prog_check(const struct prog *prog, struct error *err)
{
	int status;

	if (prog->insn_count == 0 || prog->insn_count > PROG_MAX_SLOTS)
		return error_set(err, ERR_NOEXEC, "a program has 1 to %d slots, not %u",
				 PROG_MAX_SLOTS, prog->insn_count);
	status = check_subprogs(prog, err);
	for (u32 i = 0; i < prog->subprog_count && status == 0; i++)
		status = check_subprog(prog, &prog->subprogs[i], err);
	return status;
}
