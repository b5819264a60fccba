/* SPDX-License-Identifier: MIT */
/* What is done in place of a helper in x86-64. */
#include "jit/x86_64/x86.h"

/* rax = rax * stride + values */
static void add_values(struct x86 *x, const struct prog_array *array)
{
	u32 shift = (u32)__builtin_ctz(array->stride);

	if ((array->stride & (array->stride - 1)) != 0) {
		x86_put(&x->sites.out, X86_IMUL_RMI32, 64, RAX, x86_r(RAX), array->stride);
		shift = 0;
	} else if (shift > 3) {
		x86_ri(&x->sites.out, X86_SHL_I8, 64, RAX, shift);
		shift = 0;
	}
	x86_const(x, T1, array->values);
	x86_put(&x->sites.out, X86_LEA_RM, 64, RAX, x86_mx(T1, RAX, (u8)shift, 0), 0);
}

static void add_cpu(struct x86 *x, const struct prog_array *array)
{
	if (array->block == 0)
		return;
	x86_put(&x->sites.out, X86_MOV_RM, 32, T1, x86_exec(offsetof(struct exec, slot)), 0);
	x86_put(&x->sites.out, X86_IMUL_RMI32, 64, T1, x86_r(T1), (s64)array->block);
	x86_rr(&x->sites.out, X86_ADD_MR, 64, RAX, T1);
}

/* A key outside leaves a mask of zeroes for the address. */
void x86_lookup(struct x86 *x, const struct jit_op *op)
{
	const struct prog_array *array = &x->j->binding->arrays[op->target];
	bool below = (op->flags & OP_BELOW) != 0;
	u32 entries = array->entries;

	if ((op->flags & OP_IMM) != 0) {
		bool inside = op->imm < (s64)entries;

		x86_const(x, RAX, inside ? array->values + (u64)op->imm * array->stride : 0);
		if (inside)
			add_cpu(x, array);
		return;
	}
	x86_put(&x->sites.out, X86_MOV_RM, 32, RAX, x86_memory(op), 0);
	if (!below) {
		x86_ri(&x->sites.out, entries <= 127 ? X86_CMP_I8 : X86_CMP_I32, 32, RAX, entries);
		x86_rr(&x->sites.out, X86_SBB_MR, 64, T0, T0);
	}
	add_values(x, array);
	add_cpu(x, array);
	if (!below)
		x86_rr(&x->sites.out, X86_AND_MR, 64, RAX, T0);
}

void x86_slot(struct x86 *x)
{
	x86_put(&x->sites.out, X86_MOV_RM, 32, RAX, x86_exec(offsetof(struct exec, slot)), 0);
}
