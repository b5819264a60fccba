/* SPDX-License-Identifier: MIT */
/* How many instructions of each group a program has: what the listings show. */
#pragma once

#include "prog/prog.h"

enum prog_group {
	PROG_ALU,   /* 32-bit arithmetic */
	PROG_ALU64, /* 64-bit arithmetic */
	PROG_LOAD,
	PROG_STORE,
	PROG_ATOMIC, /* loads that acquire and stores that release too */
	PROG_LDDW,
	PROG_JUMP,   /* 64-bit comparisons, plain jumps */
	PROG_JUMP32, /* 32-bit comparisons, long jumps */
	PROG_CALL_HELPER,
	PROG_CALL_LOCAL,
	PROG_CALL_KFUNC,
	PROG_CALL_REGISTER,
	PROG_EXIT,
	PROG_PACKET, /* the historical packet access */
	PROG_GROUP_COUNT
};

/* "alu" ..., "call_helper": as keys. */
const char *prog_group_name(enum prog_group group);
/* Counts those in the slots from start up to end; an LDDW counts once. */
void prog_count_groups(const struct prog *prog, u32 start, u32 end, u32 counts[PROG_GROUP_COUNT]);
