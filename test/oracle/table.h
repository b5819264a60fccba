/* SPDX-License-Identifier: MIT */
/* How often what was executed, by instruction and by what it works on. */
#pragma once

#include "machine.h"

enum column {
	COL_IMM,
	COL_NUMBER,
	COL_CTX,
	COL_STACK,
	COL_PACKET,
	COL_MAP,
	COL_VALUE,
	COL_MEM,
	COL_HOST,
	COL_CODE,
	COL_MIXED,
	COL_COUNT
};

#define TABLE_ROWS    (32 * 20) /* kind, operation and width */
#define TABLE_CLASSES 128

struct table {
	u64 insns[TABLE_ROWS][COL_COUNT];
	u64 args[TABLE_CLASSES], rets[TABLE_CLASSES];
	u64 findings[FINDING_COUNT]; /* that programs were refused for; NONE: accepted */
	const u64 *forged;	     /* the same of false proofs */
};

void table_attach(struct table *table, struct machine_stats *stats);
/* Also says what was met, but less often than `least`. */
void table_print(const struct table *table, u64 least);
