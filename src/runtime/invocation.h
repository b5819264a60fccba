/* SPDX-License-Identifier: MIT */
/* What the files of runtime/ share: the runtime, its programs, and one running invocation. */
#pragma once

#include "map/epoch.h"
#include "runtime/runtime.h"

#define PRINTK_LINE 1024 /* bytes of one printed line, with its terminator */

/* Data of a slot, apart from other slots' cache lines. */
struct slot_data {
	u64 random; /* generator state, never 0 */
	u64 pad[7];
};

/* A map that was made after the table's. */
struct extra_map {
	struct map *map;
	struct extra_map *next;
};

struct runtime {
	enum dialect dialect;
	u32 cpus; /* slots in use */
	runtime_trace_fn trace;
	void *trace_arg;
	struct runtime_stats stats; /* counted with atomic additions */

	const struct prog_map *map_defs; /* the table that the maps were made from */
	struct map **maps;		 /* NULL entries: types that this build lacks */
	u64 *map_addrs, *map_values;	 /* as struct prog_binding wants them */
	u32 map_count;
	struct extra_map *extra_maps; /* grows at its head, also while programs run */
	u32 extra_count;
	struct map_account account;
	struct runtime_prog *progs; /* all, linked */

	struct epoch epoch;
	struct slot_data slot_data[EPOCH_SLOTS];
};

struct runtime_prog {
	struct prog_code *code;
	const struct prog *prog;
	struct runtime *rt;
	bool verified;
	struct runtime_prog *next; /* of the runtime's list */
};

/* Records of ring buffers that the program has reserved and not yet given away. */
#define RESERVED_COUNT 16
struct reserved {
	struct map *map;
	u8 *record; /* NULL: no entry */
	u64 size;
};

/* Memory that a callback may read for as long as it runs; the innermost one's first. */
struct lent_memory {
	u64 base, size;
	const struct lent_memory *outer;
};

/* One call of runtime_run. The context follows in the same block. */
struct invocation {
	struct exec exec;
	struct runtime *rt;
	const struct runtime_prog *prog; /* running now */
	const struct runtime_prog *tail; /* goes with exec.tail_call */
	u32 fixed_regions;		 /* regions[] begins with the context and the packet */
	u32 value_region;		 /* which of the others the next looked-up value takes */
	u32 reserved_count;		 /* entries that are or were in use */
	struct reserved reserved[RESERVED_COUNT];
	const struct lent_memory *lent;
	struct exec_packet packet;
	char line[PRINTK_LINE];
};

static inline struct invocation *invocation_of(const void *ctx)
{
	return CONTAINER_OF(exec_of(ctx), struct invocation, exec);
}

/* --- access.c: memory that programs name in arguments of helpers ----------------------------- */

/* Whether the program may touch [addr, addr + len), verified or not. */
bool exec_may_access(const struct exec *exec, u64 addr, u64 len, bool write);
/* The same for an argument that the verifier checks: true for verified programs. Otherwise a
 * refusal also becomes the invocation's fault, which ends it. */
bool exec_check(struct exec *exec, u64 addr, u64 len, bool write);
/* How many of the max bytes at addr may be read, verified or not. */
u32 exec_readable(const struct exec *exec, u64 addr, u32 max);
/* The map that an argument names; NULL, and a fault, when it is none of the runtime's. */
struct map *invocation_map(struct invocation *inv, u64 addr);
/* exec.may_access: the values of the runtime's maps. */
bool invocation_may_access(const struct exec *exec, u64 addr, u32 size, bool write);

/* --- fault.c ---------------------------------------------------------------------------------- */

/* Says where and why exec.fault ended the invocation. Returns the fault's status. */
int invocation_explain(const struct invocation *inv, struct error *err);

/* --- helpers_ringbuf.c ------------------------------------------------------------------------ */

/* Discards what the program has reserved and forgotten. */
void invocation_discard_reserved(struct invocation *inv);
/* Whether [addr, addr + size) is in a record that the program has reserved. */
bool invocation_reserved(const struct invocation *inv, u64 addr, u64 size);

/* --- helpers.c -------------------------------------------------------------------------------- */

/* struct prog_binding's: arg is a struct runtime. */
struct helper_binding helper_bind(const void *arg, u32 id);
/* What a program sees of an ERR_ status: an errno, or an ebpf_result in the Windows dialect, in
 * both negative. */
u64 helper_status(const struct invocation *inv, int status);

typedef u64 helper_impl(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx);
/* Every function that a row names; rows for helpers that are not offered name NONE. */
#define HELPER(dialect, id, name, impl, ret, a1, a2, a3, a4, a5, flags, ...) \
	helper_impl helper_##impl;
#include "spec/helpers.def"
#undef HELPER
