/* SPDX-License-Identifier: MIT */
/* See stats.h. */
#include "prog/stats.h"

const char *prog_group_name(enum prog_group group)
{
	static const char *const names[PROG_GROUP_COUNT] = {
		[PROG_ALU] = "alu",
		[PROG_ALU64] = "alu64",
		[PROG_LOAD] = "load",
		[PROG_STORE] = "store",
		[PROG_ATOMIC] = "atomic",
		[PROG_LDDW] = "lddw",
		[PROG_JUMP] = "jump",
		[PROG_JUMP32] = "jump32",
		[PROG_CALL_HELPER] = "call_helper",
		[PROG_CALL_LOCAL] = "call_local",
		[PROG_CALL_KFUNC] = "call_kfunc",
		[PROG_CALL_REGISTER] = "call_register",
		[PROG_EXIT] = "exit",
		[PROG_PACKET] = "packet",
	};

	return (u32)group < PROG_GROUP_COUNT ? names[group] : "?";
}

/* PROG_GROUP_COUNT for what is no instruction of its own. */
static enum prog_group group_of(const struct insn *insn)
{
	switch ((enum insn_kind)insn->kind) {
	case INSN_ALU:
	case INSN_NEG:
	case INSN_MOVSX: return insn->width == 32 ? PROG_ALU : PROG_ALU64;
	case INSN_SWAP: return insn->op == SWAP_ALWAYS ? PROG_ALU64 : PROG_ALU;
	case INSN_LDDW: return PROG_LDDW;
	case INSN_LDDW_HIGH: break;
	case INSN_LOAD: return PROG_LOAD;
	case INSN_STORE: return PROG_STORE;
	case INSN_ATOMIC:
	case INSN_LOAD_ACQ:
	case INSN_STORE_REL: return PROG_ATOMIC;
	case INSN_LD_PACKET: return PROG_PACKET;
	case INSN_JUMP_IF: return insn->width == 32 ? PROG_JUMP32 : PROG_JUMP;
	case INSN_JUMP: return (insn->flags & INSN_LONG) != 0 ? PROG_JUMP32 : PROG_JUMP;
	case INSN_MAY_GOTO: return PROG_JUMP;
	case INSN_CALL: return PROG_CALL_HELPER;
	case INSN_CALL_LOCAL: return PROG_CALL_LOCAL;
	case INSN_CALL_KFUNC: return PROG_CALL_KFUNC;
	case INSN_CALLX: return PROG_CALL_REGISTER;
	case INSN_EXIT: return PROG_EXIT;
	}
	return PROG_GROUP_COUNT;
}

void prog_count_groups(const struct prog *prog, u32 start, u32 end, u32 counts[PROG_GROUP_COUNT])
{
	for (u32 i = 0; i < PROG_GROUP_COUNT; i++)
		counts[i] = 0;
	for (u32 slot = start; slot < end && slot < prog->insn_count; slot++) {
		enum prog_group group = group_of(&prog->insns[slot]);

		if (group < PROG_GROUP_COUNT)
			counts[group]++;
	}
}
