/* SPDX-License-Identifier: MIT */
/* A second implementation of the instruction set for the tests: slow, plain, and written without
 * the tables, so that an error in them shows. */
#pragma once

#include "prog/exec.h"

struct ref_result {
	u64 value;
	u64 steps; /* instructions executed */
	struct exec_fault fault;
};

/* As an engine would run it: exec gives stack, regions and so on, and is not changed. Ends with
 * ERR_TIME after max_steps instructions. */
struct ref_result ref_run(const struct prog *prog, const struct prog_binding *binding,
			  const struct exec *exec, void *ctx, u64 max_steps);

/* Called before each instruction, with the eleven registers, which it may change; depth: of the
 * frames, 0 in the entry. False ends the run, with ERR_CANCELED. */
typedef bool ref_watch(void *arg, u32 slot, u32 depth, u64 *regs);
struct ref_result ref_run_watched(const struct prog *prog, const struct prog_binding *binding,
				  const struct exec *exec, void *ctx, u64 max_steps,
				  ref_watch *watch, void *arg);

/* One operation, each by itself. */
u64 ref_alu(enum alu_op op, unsigned width, u64 d, u64 s);
bool ref_jump(enum jump_op op, unsigned width, u64 d, u64 s);
