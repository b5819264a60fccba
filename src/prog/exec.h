/* SPDX-License-Identifier: MIT */
/* One running invocation, and what connects an engine with the runtime. */
#pragma once

#include "base/error.h"
#include "prog/prog.h"

struct exec;
struct error;
struct prog_facts;

/* Every engine's entry. ctx has a struct ctx_header in front of it. */
typedef u64 (*exec_entry)(struct exec *exec, void *ctx);

/* A helper as engines call it; ctx is the invocation's, whatever r1 holds. */
typedef u64 (*helper_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx);

/* What stands before every context: 64 bytes that belong to the runtime (EBPF_CONTEXT_HEADER). */
struct ctx_header {
	struct exec *exec;
	u64 reserved[6];
	u64 arg2; /* as exec has it, for native modules, which do not know struct exec */
};
_Static_assert(sizeof(struct ctx_header) == 64, "the contract with extensions");

static inline struct exec *exec_of(const void *ctx)
{
	return ((const struct ctx_header *)ctx)[-1].exec;
}

/* A program made ready by some engine. The engine's own data follows. */
struct prog_code {
	exec_entry entry;
	void (*free)(struct prog_code *code);
	/* exec_call_subprog's other side; NULL: the engine has no callbacks. */
	bool (*call)(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result);
};

enum helper_flag {
	HELPER_TAIL_CALL =
		1, /* may have set exec->tail_call: the engine returns to the runtime when it has */
	HELPER_MOVES_PACKET = 2, /* pointers to the packet are void after the call */
	HELPER_ACQUIRES = 4,	 /* what it returns, or makes of an argument, must be released */
	HELPER_RELEASES = 8,   /* its one argument that holds a reference loses it: that pointer and
				  all copies and what BORROWS from it are void */
	HELPER_BORROWS = 16,   /* what it returns is void when its argument is released */
	HELPER_MAY_SLEEP = 32, /* for programs that may sleep */
	HELPER_CALLBACK = 64,  /* calls the program's functions, see exec_call_subprog */
	HELPER_WRITES = 128,   /* writes memory that need not be initialised and counts as that
				  then, but perhaps not all of it: frames begin as zeros */
};

/* Ids of what native modules ask the runtime for where engines help themselves; include/bpf2c.h has
 * the contract. */
enum native_helper {
	NATIVE_LOAD_PACKET = 0xffff0001u,
	NATIVE_FIND_HELPER = 0xffff0002u,
	NATIVE_STOP = 0xffff0003u,
};

/* What engines may do themselves instead of the call. */
enum helper_inline {
	HELPER_CALLED,
	HELPER_LOOKUP, /* r0 = address of the value with the key at r2, in the map r1 */
	HELPER_SLOT,   /* r0 = exec->slot */
};

struct helper_binding {
	helper_fn fn;	       /* NULL: not offered */
	u32 flags;	       /* enum helper_flag */
	enum helper_inline is; /* what verified programs get from it */
};

/* The values of a map that is an array: of CPU c, the one with index i is at values + c * block +
 * i * stride. */
struct prog_array {
	u64 values; /* 0: not an array */
	u64 block;  /* 0: all CPUs share the values */
	u32 stride;
	u32 entries;
};

/* What a program's references become. The runtime fills it before an engine prepares the program.
 */
struct prog_binding {
	/* Also used at run time by callx: must not block. */
	struct helper_binding (*helper)(const void *arg, u32 id);
	const void *arg;
	const u64 *maps;       /* by prog map index: what LDDW_MAP loads */
	const u64 *map_values; /* by prog map index: what LDDW_MAP_VALUE loads, before its offset; 0
				  when it has none */
	const struct prog_array *arrays; /* by prog map index; NULL: not told */
	/* By prog map index: address of a function of a map and a key, which finds what the helper
	 * with HELPER_LOOKUP does; 0: only the helper does. NULL: not told. */
	const u64 *lookups;
	const helper_fn *funcs; /* by prog func index; NULL entry: weak and absent */
	/* What the verifier has proven of the program; NULL: it was not asked. */
	const struct prog_facts *facts;
};

/* A piece of memory that the running program may touch, for engines that check. */
struct exec_region {
	u64 base;
	u64 size;
	bool writable;
};
#define EXEC_REGIONS 4

/* How an invocation ended. */
struct exec_fault {
	int status; /* 0, or ERR_FAULT, ERR_TIME, ERR_LOOP (too many frames), ERR_NOTSUP (no such
		       helper) */
	u32 slot;   /* of the instruction */
	u64 addr;   /* ERR_FAULT: what it wanted */
	u32 size;
	bool write;
};

#define EXEC_ENGINE_WORDS 24

struct exec {
	const struct prog_code *code; /* running now; an engine finds its data behind it */
	u8 *stack; /* PROG_MAX_FRAMES * PROG_FRAME_SIZE bytes, 16-byte aligned, the first frame at
		      the end */
	void *ctx;
	u64 arg2;   /* r2 at entry: the length for the raw type, else 0 */
	u64 budget; /* instructions left, about; engines count at backward jumps and calls */

	/* A helper asks for a tail call by setting this; the engine then ends and the runtime goes
	 * on with it. */
	const struct prog_code *tail_call;
	u32 tail_calls; /* made so far */

	u32 slot;	/* leased slot: index of per-CPU data, the program's notion of its cpu id */
	bool unchecked; /* the program was verified: no access checks */

	/* All zero at entry. A helper that is given memory which the program may not touch fills it
	 * in but for the slot, which the engine adds before it ends the invocation. */
	struct exec_fault fault;

	/* Context, packet and the like come first. Map values and whatever else the runtime hands
	 * out are asked for through may_access, which may be NULL. */
	struct exec_region regions[EXEC_REGIONS];
	u32 region_count;
	bool (*may_access)(const struct exec *exec, u64 addr, u32 size, bool write);

	const struct exec_packet *packet; /* for legacy packet loads; NULL when the type has none */
	const void *runtime;		  /* the runtime's own data of this invocation */

	/* Callbacks. An engine that calls a helper with HELPER_CALLBACK sets the activation to
	 * whatever it needs to run a subprogram, and puts its budget into exec and back; after the
	 * call it ends the program if `ended`, which its entry clears. */
	void *activation;
	u32 callbacks; /* running now, one in the other */
	bool ended;    /* inside of a callback: by a fault (whose slot is right) or as a whole */

	/* The engine's own while the program runs, for what it has to find quickly. */
	u64 engine[EXEC_ENGINE_WORDS];
};

struct exec_packet {
	const u8 *data;
	u32 len;
};

/* One in the other. Each takes one of the frames, and so much of the host's stack as a helper and
 * an engine need. */
#define EXEC_MAX_CALLBACKS (PROG_MAX_FRAMES - 1)

/* For helpers with HELPER_CALLBACK: calls the function that the program named by func, with args in
 * r1 to r5. False: the invocation is over, and the helper returns at once, whatever it returns. */
static inline bool exec_call_subprog(struct exec *exec, u64 func, const u64 args[5],
				     u64 *ret_result)
{
	bool goes_on;

	if (exec->code->call == NULL || exec->callbacks == EXEC_MAX_CALLBACKS) {
		exec->fault = (struct exec_fault){
			.status = exec->code->call == NULL ? ERR_NOTSUP : ERR_LOOP,
			.slot = PROG_NO_INDEX,
		};
		return false;
	}
	exec->callbacks++;
	goes_on = exec->code->call(exec, func, args, ret_result);
	exec->callbacks--;
	return goes_on;
}
