/* SPDX-License-Identifier: MIT */
/* Runs instructions in the interpreter, for its tests. With MACHINE_JIT defined, the same in the
 * JIT: in checked mode, 1, or blinded as well, 2. */
#pragma once

#include "base/error.h"
#include "insns.h"
#include "interp/code.h"
#include "interp_ref.h"
#include "tap.h"
#ifdef MACHINE_JIT
#include "jit/jit.h"
#endif

#define MACHINE_MEM   256 /* bytes at r1; what follows is another region */
#define MACHINE_SLOTS 128

struct machine {
	struct prog_subprog subprogs[MACHINE_SLOTS];
	struct prog prog;
	struct prog_binding binding;
	struct prog_code *code;
	struct exec exec;
	struct error err;
	u64 result;
	_Alignas(16) u8 mem[MACHINE_MEM];
	_Alignas(16) u8 read_only[64];
	_Alignas(16) u8 gap[64]; /* no region */
	_Alignas(16) u8 stack[PROG_MAX_FRAMES * PROG_FRAME_SIZE];
};

static u64 machine_sum(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx)
{
	(void)ctx;
	return r1 + 10 * r2 + 100 * r3 + 1000 * r4 + 10000 * r5;
}

static struct helper_binding machine_helper(const void *arg, u32 id)
{
	(void)arg;
	return (struct helper_binding){ .fn = id == 1 ? machine_sum : NULL };
}

/* A subprogram starts at slot 0 and wherever a local call goes. */
static void machine_subprogs(struct machine *m)
{
	u32 found = 0;

	for (u32 slot = 0; slot < m->prog.insn_count; slot++) {
		bool start = slot == 0;

		for (u32 i = 0; i < m->prog.insn_count; i++)
			start |= m->prog.insns[i].kind == INSN_CALL_LOCAL &&
				 i + 1 + (u32)m->prog.insns[i].off == slot;
		if (start)
			m->subprogs[found++] = (struct prog_subprog){ .name = "f", .start = slot };
		m->subprogs[found - 1].count++;
	}
	m->prog.subprogs = m->subprogs;
	m->prog.subprog_count = found;
}

static void machine_init(struct machine *m, const struct insn *insns, u32 count)
{
	memset(m, 0, sizeof(*m));
	memset(m->stack, 0xa5, sizeof(m->stack));
	m->prog = (struct prog){ .name = "test", .section = "", .insns = insns };
	m->prog.insn_count = count;
	m->binding.helper = machine_helper;
	m->exec.stack = m->stack;
	m->exec.budget = 1000000;
	m->exec.region_count = 2;
	m->exec.regions[0] = (struct exec_region){ (u64)(uintptr_t)m->mem, MACHINE_MEM, true };
	m->exec.regions[1] =
		(struct exec_region){ (u64)(uintptr_t)m->read_only, sizeof(m->read_only), false };
	machine_subprogs(m);
}

static void machine_fini(struct machine *m)
{
	if (m->code != NULL)
		m->code->free(m->code);
	m->code = NULL;
}

static int machine_prepare(struct machine *m, u32 options)
{
	machine_fini(m);
#ifdef MACHINE_JIT
	{
		const struct jit_options jit = { .size = sizeof(jit),
						 .target = jit_host_target(),
						 .mode = JIT_CHECKED,
						 .blind = MACHINE_JIT == 2,
						 .blind_seed = 0x123456789 + options,
						 .atomics = MACHINE_JIT == 2 ? JIT_ATOMICS_LOOPS
									     : JIT_ATOMICS_HOST };

		return jit_prepare(&m->prog, &m->binding, &jit, &m->code, &m->err);
	}
#else
	return interp_prepare_with(&m->prog, &m->binding, options, &m->code, &m->err);
#endif
}

static u64 machine_go(struct machine *m)
{
	memset(&m->exec.fault, 0, sizeof(m->exec.fault));
	m->exec.code = m->code;
	m->result = m->code->entry(&m->exec, m->mem);
	return m->result;
}

/* Init, prepare and run; the run's status. */
static inline int machine_run(struct machine *m, const struct insn *insns, u32 count)
{
	machine_fini(m);
	machine_init(m, insns, count);
	if (machine_prepare(m, 0) != 0)
		return m->err.status;
	machine_go(m);
	return m->exec.fault.status;
}
#define MACHINE_RUN(m, insns) machine_run((m), (insns), ARRAY_COUNT(insns))
