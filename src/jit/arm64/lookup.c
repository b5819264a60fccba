/* SPDX-License-Identifier: MIT */
/* What is done in place of a helper in arm64. */
#include "jit/arm64/a64.h"

/* r0 = r0 * stride + values */
static void add_values(struct a64 *a, const struct prog_array *array)
{
	a64_const(a, T1, array->values);
	if ((array->stride & (array->stride - 1)) == 0) {
		a64_put(&a->sites.out, A64_ADD, 64, R0, T1, R0, __builtin_ctz(array->stride));
		return;
	}
	a64_const(a, T0, array->stride);
	a64_put(&a->sites.out, A64_MADD, 64, R0, R0, T0, T1);
}

static void add_cpu(struct a64 *a, const struct prog_array *array)
{
	if (array->block == 0)
		return;
	a64_fetch_exec(a, T0, offsetof(struct exec, slot), 4);
	a64_const(a, T1, array->block);
	a64_put(&a->sites.out, A64_MADD, 64, R0, T0, T1, R0);
}

/* The flags last until the address is there: nothing on the way sets them. */
void a64_lookup(struct a64 *a, const struct jit_op *op)
{
	const struct prog_array *array = &a->j->binding->arrays[op->target];
	bool below = (op->flags & OP_BELOW) != 0;
	struct jit_op key = *op;

	if ((op->flags & OP_IMM) != 0) {
		bool inside = op->imm < (s64)array->entries;

		a64_const(a, R0, inside ? array->values + (u64)op->imm * array->stride : 0);
		if (inside)
			add_cpu(a, array);
		return;
	}
	key.code = JIT_LOAD;
	key.flags = 0;
	key.size = 4;
	key.dst = 0;
	a64_load(a, &key);
	if (!below)
		a64_cmp(a, 32, R0, array->entries, T0);
	add_values(a, array);
	add_cpu(a, array);
	if (!below)
		a64_put(&a->sites.out, A64_CSEL, 64, R0, R0, ZR, CC_LO);
}

void a64_slot(struct a64 *a)
{
	a64_fetch_exec(a, R0, offsetof(struct exec, slot), 4);
}
