/* SPDX-License-Identifier: MIT */
/* The JIT compiler: programs to machine code. Kernel-clean, and the only memory that it takes is an
 * arena and the output. What it means to run a program is interp/interp.h's; see there. */
#pragma once

#include "base/arena.h"
#include "prog/exec.h"

enum jit_target {
	JIT_X86_64_SYSV,
	JIT_X86_64_MS, /* Microsoft's convention: of helpers, of the entry, of callbacks */
	JIT_ARM64,
	JIT_TARGETS,
};

enum jit_mode {
	/* No checks. What the verifier has proven (binding->facts) is made use of; without facts a
	 * program behaves as in the interpreter with exec->unchecked. */
	JIT_VERIFIED,
	/* Access checks and a budget as the interpreter has them: the same faults, at the same
	 * slots. */
	JIT_CHECKED,
};

/* arm64: how read-modify-write is done. */
enum jit_atomics {
	JIT_ATOMICS_HOST, /* by what this processor has; for other targets than its own: loops */
	JIT_ATOMICS_LOOPS,
	JIT_ATOMICS_LSE, /* by the instructions that came with ARMv8.1 */
};

struct jit;

/* Who wants to know of machine code: debuggers, profilers. */
struct jit_watch {
	/* The code runs at address from now on, and can be read. What is put into *ret_token (NULL
	 * until then) goes to `gone`, which is called before the code goes. Fails like
	 * jit_prepare, which then fails, too. */
	int (*made)(void *arg, const struct prog *prog, const struct jit *jit, u64 address,
		    size_t len, void **ret_token, struct error *err);
	void (*gone)(void *arg, void *token);
	void *arg;
	/* At each instruction, the registers that are read from there on have their values; else
	 * some are computed where they are used. */
	bool keep_registers;
	/* The code is in memory of os_code_seal_open, for who writes breakpoints or looks for it.
	 */
	bool open_memory;
};

struct jit_options {
	size_t size; /* sizeof(struct jit_options) */
	enum jit_target target;
	enum jit_mode mode;
	/* Constants of the program do not appear in the code: each is put together from two that
	 * depend on the seed. */
	bool blind;
	u64 blind_seed;
	enum jit_atomics atomics;
	/* What generated code calls, in the target's convention; NULL: the host's own. */
	const struct jit_support *support;
	/* Told of what jit_prepare makes, and outlives that; NULL: nobody. */
	const struct jit_watch *watch;
};

struct jit_support {
	u64 start;  /* void (struct exec *) */
	u64 access; /* u64 (struct exec *, u64 addr, u64 what): 0: refused */
	u64 find;   /* u64 (struct exec *, u64 id): a helper's address or 0 */
	u64 packet; /* u64 (struct exec *, u64 at, u64 size): UINT64_MAX: outside; one less: no
		       packet */
};

/* What is called by the host's own convention. */
struct jit_support jit_host_support(void);

/* A program on its way, struct jit, has everything in the arena. */

/* Everything but the writing. Fails like interp_prepare: ERR_NOTSUP for what the binding lacks. */
int jit_compile(const struct prog *prog, const struct prog_binding *binding,
		const struct jit_options *options, struct arena *arena, struct jit **ret_jit,
		struct error *err) MUST_CHECK;
/* Bytes that jit_write needs at most. */
size_t jit_size(const struct jit *jit);
/* Writes the code that will run at address. The entry is its first byte. */
int jit_write(struct jit *jit, u8 *out, size_t cap, u64 address, size_t *ret_len,
	      struct error *err) MUST_CHECK;
/* After jit_write: the bytes of the slot's instruction are [offset(slot), offset(slot + 1)), with
 * slot up to insn_count; those of instructions that became one are at the last of these. What is
 * before the first and after the last belongs to no instruction. */
u32 jit_offset(const struct jit *jit, u32 slot);
/* After jit_write: where a subprogram's code begins, with what comes before its first instruction;
 * UINT32_MAX: it has none. Subprograms are in the program's order. */
u32 jit_func_offset(const struct jit *jit, u32 subprog);
/* Registers that are read from the slot on, as bits. */
u16 jit_live(const struct jit *jit, u32 slot);
/* The number that DWARF has for the host's register with that one of eBPF; UINT32_MAX: it has no
 * certain place. */
u32 jit_dwarf_register(const struct jit *jit, u8 reg);

/* What this build runs on; JIT_TARGETS: no target of ours. */
enum jit_target jit_host_target(void);
bool jit_has_target(enum jit_target target);

/* Like interp_prepare. options: NULL for the host's target; verified if the binding has facts. */
int jit_prepare(const struct prog *prog, const struct prog_binding *binding,
		const struct jit_options *options, struct prog_code **ret_code,
		struct error *err) MUST_CHECK;
