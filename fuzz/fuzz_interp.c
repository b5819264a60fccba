/* SPDX-License-Identifier: MIT */
/* Any bytes as a program: what decodes and is well-formed runs to its end or to a fault, the same
 * way with fusion, without, and in the tests' plain second implementation. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "interp/code.h"
#include "interp_ref.h"
#include "isa/decode.h"

#define MAX_SLOTS 512
#define MEM	  256 /* the upper half is read-only */
#define BUDGET	  20000

struct outcome {
	u64 value;
	struct exec_fault fault;
	u8 memory[MEM];
};

struct target {
	struct insn insns[MAX_SLOTS];
	struct prog_subprog subprogs[MAX_SLOTS];
	struct prog prog;
	_Alignas(16) u8 memory[MEM];
	_Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
	struct exec_packet packet;
	struct exec exec;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static u64 helper_mix(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	return r1 + r2 * 3 + (r3 ^ r4) + r5 + (ctx != NULL ? 1 : 0);
}

static struct helper_binding bind_helper(const void *arg, u32 id)
{
	(void)arg;
	return (struct helper_binding){ .fn = id < 4 ? helper_mix : NULL };
}

static const struct prog_binding binding = { .helper = bind_helper };

static void find_subprogs(struct target *t)
{
	static bool starts[MAX_SLOTS];
	u32 count = t->prog.insn_count, found = 0;

	memset(starts, 0, sizeof(starts));
	starts[0] = true;
	for (u32 i = 0; i < count; i++)
		if (t->insns[i].kind == INSN_CALL_LOCAL)
			starts[i + 1 + (u32)t->insns[i].off] = true;
	for (u32 i = 0; i < count; i++) {
		if (starts[i])
			t->subprogs[found++] = (struct prog_subprog){ .name = "", .start = i };
		t->subprogs[found - 1].count++;
	}
	t->prog.subprogs = t->subprogs;
	t->prog.subprog_count = found;
}

static void reset(struct target *t)
{
	for (u32 i = 0; i < MEM; i++)
		t->memory[i] = (u8)(i * 37);
	memset(t->stack, 0xa5, sizeof(t->stack));
	t->packet = (struct exec_packet){ t->memory, MEM / 2 };
	memset(&t->exec, 0, sizeof(t->exec));
	t->exec.stack = t->stack;
	t->exec.arg2 = MEM;
	t->exec.budget = BUDGET;
	t->exec.packet = &t->packet;
	t->exec.region_count = 2;
	t->exec.regions[0] = (struct exec_region){ (u64)(uintptr_t)t->memory, MEM / 2, true };
	t->exec.regions[1] =
		(struct exec_region){ (u64)(uintptr_t)t->memory + MEM / 2, MEM / 2, false };
}

static bool run(struct target *t, u32 options, struct outcome *ret)
{
	struct prog_code *code;
	struct error err = { 0 };

	if (interp_prepare_with(&t->prog, &binding, options, &code, &err) != 0) {
		require(err.status != 0 && err.text[0] != '\0');
		return false;
	}
	reset(t);
	t->exec.code = code;
	ret->value = code->entry(&t->exec, t->memory);
	ret->fault = t->exec.fault;
	memcpy(ret->memory, t->memory, MEM);
	code->free(code);
	return true;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->value == b->value && a->fault.status == b->fault.status &&
	       a->fault.slot == b->fault.slot && a->fault.addr == b->fault.addr &&
	       a->fault.size == b->fault.size && a->fault.write == b->fault.write &&
	       memcmp(a->memory, b->memory, MEM) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	struct outcome plain, fused, ref;
	struct ref_result result;
	struct error err = { 0 };
	size_t count = size / INSN_SLOT_SIZE;

	if (count > MAX_SLOTS)
		return 0;
	memset(&t, 0, sizeof(t));
	if (insn_decode_all(data, count, t.insns, &err) != 0)
		return 0;
	t.prog = (struct prog){ .name = "f", .section = "", .insns = t.insns };
	t.prog.insn_count = (u32)count;
	find_subprogs(&t);
	if (prog_check(&t.prog, &err) != 0 || !run(&t, 0, &fused))
		return 0;
	require(run(&t, INTERP_NO_FUSE, &plain));
	require(same(&plain, &fused));
	reset(&t);
	result = ref_run(&t.prog, &binding, &t.exec, t.memory, 100 * BUDGET);
	if (plain.fault.status == ERR_TIME || result.fault.status == ERR_TIME)
		return 0;
	/* A guessed stack address: the interpreter has no frames for programs that never use r10.
	 */
	if (plain.fault.status == ERR_FAULT &&
	    plain.fault.addr + 8 - (u64)(uintptr_t)t.stack < sizeof(t.stack) + 8)
		return 0;
	ref.value = result.value;
	ref.fault = result.fault;
	memcpy(ref.memory, t.memory, MEM);
	require(same(&plain, &ref));
	return 0;
}
