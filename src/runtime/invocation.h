/* SPDX-License-Identifier: MIT */
/* What the files of runtime/ share: the runtime, its programs, and one running invocation. */
#pragma once

#include "base/str.h"
#include "map/custom.h"
#include "map/epoch.h"
#include "runtime/extension.h"
#include "runtime/link.h"

#define DEFAULT_BUDGET 1000000000ull /* of an invocation */
#define PRINTK_LINE    1024	     /* bytes of one printed line, with its terminator */

struct invocation;
struct provider;

/* Data of a slot, apart from other slots' cache lines. */
struct slot_data {
	u64 random;		/* generator state, never 0 */
	struct invocation *inv; /* of whoever has leased the slot, with its stack */
	u64 pad[6];
};

/* A user's reference that lives as long as the runtime. */
struct owned {
	struct core_object *object;
	struct owned *next;
};

/* A path and the object that it holds. */
struct pin {
	struct pin *next; /* in order of the paths */
	struct core_object *object;
	char path[RUNTIME_PATH];
};

struct runtime {
	enum dialect dialect;
	u32 cpus; /* slots in use */
	struct trace *events;
	runtime_trace_fn trace;
	void *trace_arg;
	struct runtime_stats stats; /* counted with atomic additions */

	const struct prog_map *map_defs; /* the table that the maps were made from */
	struct map **maps;		 /* NULL entries: types that this build lacks */
	u64 *map_addrs, *map_values;	 /* as struct prog_binding wants them */
	u32 map_count;
	struct owned *owned; /* grows at its head, also while programs run */
	struct map_account account;

	struct core_table ids[CORE_KINDS];
	struct os_mutex admin; /* pins, providers, attaching; not held while anything waits */
	struct pin *pins;
	struct provider *providers;
	u32 counting; /* atomic: how many want programs' runs to be counted */

	struct epoch epoch;
	struct slot_data slot_data[EPOCH_SLOTS];
};

enum provider_kind {
	PROVIDER_PROGRAM,
	PROVIDER_HOOK,
	PROVIDER_FUNCTIONS,
	PROVIDER_MAP,
	PROVIDER_HELPERS
};

/* What an extension has registered. Copies: programs may outlive the extension. */
struct provided_helper {
	u32 id;
	struct helper_binding binding;
};
struct provided_function {
	const char *name; /* in the block of the table */
	helper_fn fn;
};
struct provider {
	struct provider *next; /* of the runtime's */
	u64 refs;	       /* atomic */
	enum provider_kind kind;
	bool gone;	/* changes under rt->admin */
	u32 busy;	/* atomic: calls of a hook that are under way */
	struct guid id; /* of the program type, the attach type, the module; the map type's number
			 */
	/* By kind. */
	struct ext_program_data program;
	struct provided_helper *helpers;
	u32 helper_count;
	struct ext_hook hook;
	struct ext_attach_data attach;
	char *attach_names;	    /* those of attach, in one block; NULL: it has none */
	struct runtime_link *links; /* under rt->admin */
	struct provided_function *functions;
	u32 function_count;
	struct map_provider maps; /* each has a reference */
	struct spec *spec;	  /* what it adds to what programs may do; NULL: nothing */
};

/* Providers of helpers for all types that a program may call, with references. */
struct helper_set {
	u32 count;
	struct provider *providers[];
};

/* Runs of a program in one slot. */
struct prog_count {
	u64 runs, ns; /* atomic: read while the slot's owner writes */
	u64 pad[6];
};

struct runtime_prog {
	struct core_object core;
	struct epoch_item retired;
	struct prog_code *code; /* atomic: made again when the type's provider comes back */
	const struct prog *prog;
	struct runtime *rt;
	const struct engine *engine;
	const struct prog_facts *facts; /* NULL: not verified */
	u64 ctx_loads;			/* as in facts, and of whom it may tail-call */
	bool unbound;		    /* atomic: the provider of its type, which it needs, is gone */
	u32 links;		    /* atomic: that are attached */
	struct prog_count *counts;  /* atomic; one a slot, NULL until somebody wants them */
	struct map **maps;	    /* by index in its table; NULL: not used */
	struct provider *provider;  /* of its type, with a reference; NULL: it has none */
	struct provider **funcs;    /* of its functions, with references; NULL entries: absent */
	struct helper_set *general; /* atomic; NULL: none */
	u64 loaded_at;		    /* boot time */
	runtime_release_fn release;
	void *release_arg;
};

#define LINK_PARAM_MAX 64 /* bytes of what says where exactly a program is attached */

struct runtime_link {
	struct core_object core;
	struct epoch_item retired;
	struct runtime *rt;
	struct runtime_prog *prog; /* atomic, with a reference; changes under rt->admin */
	struct provider *hook;	   /* NULL: not attached */
	void *binding;		   /* the provider's */
	struct runtime_link *next; /* of the hook's */
	struct guid attach;
	u32 param_len;
	u8 param[LINK_PARAM_MAX];
	u32 link_type, attach_number;
	u64 verdicts[LINK_VERDICTS], other_verdicts, failures; /* atomic */
	bool legacy; /* made by attaching without a link: the hook keeps it */
};

/* What may be loaded of a context that the program is given. Others' helpers and functions get the
 * context, too. */
static inline u64 prog_ctx_loads(const struct runtime_prog *prog)
{
	return prog->prog->func_count > 0 ||
			       __atomic_load_n(&prog->general, __ATOMIC_RELAXED) != NULL
		       ? UINT64_MAX
		       : prog->ctx_loads;
}

static inline struct runtime_prog *prog_of_core(struct core_object *core)
{
	return core == NULL ? NULL : CONTAINER_OF(core, struct runtime_prog, core);
}

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

/* The packet of a type whose programs may change its bounds, and the room around it: addresses. */
struct packet_room {
	u64 low, high; /* 0, 0: the packet stays as it is */
	u64 meta, data, end;
	u8 *ctx; /* that has its pointers */
	u8 pointer_size;
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
	struct packet_room room;
	struct runtime_redirect redirect; /* what the program asked for last */
	struct exec_packet packet;
	char line[PRINTK_LINE];
};

static inline struct invocation *invocation_of(const void *ctx)
{
	return CONTAINER_OF(exec_of(ctx), struct invocation, exec);
}

/* --- runtime.c, progs.c, pins.c --------------------------------------------------------------- */

/* Takes over a user's reference. */
int runtime_own(struct runtime *rt, struct core_object *object) MUST_CHECK;
int runtime_check_prog(const struct runtime *rt, const struct prog *prog,
		       struct error *err) MUST_CHECK;
int prog_make_counts(struct runtime_prog *rp, struct error *err) MUST_CHECK;
void runtime_unpin_all(struct runtime *rt);

/* --- provider.c ------------------------------------------------------------------------------- */

static inline bool guid_equal(const struct guid *a, const struct guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
struct provider *provider_get(struct provider *provider);
void provider_put(struct provider *provider); /* accepts NULL */
/* NULL, and the error, without memory. */
struct provider *provider_new(enum provider_kind kind, struct error *err);
/* Gives up the provider when somebody else is there already. */
int provider_publish(struct runtime *rt, struct provider *provider, struct provider **ret_provider,
		     struct error *err) MUST_CHECK;
/* What makes maps of that type; NULL: nobody, or the core does. Does not go before it is released.
 */
struct provider *map_provider_hold(struct runtime *rt, const struct spec_map_type *type);
void map_provider_release(struct provider *provider); /* accepts NULL */
/* The one that is registered, with a reference; NULL: none. rt->admin is taken. */
struct provider *provider_find(struct runtime *rt, enum provider_kind kind, const struct guid *id);
/* The function of that name, of the module (NULL: of any); with a reference to its provider. */
struct provider *provider_find_function(struct runtime *rt, const struct guid *module,
					const char *name, helper_fn *ret_fn);
/* NULL: not the provider's. */
const struct helper_binding *provider_helper(const struct provider *provider, u32 id);
/* Finds what the program needs of providers, and prepares its code. rt->admin is taken. */
int prog_bind(struct runtime_prog *rp, struct error *err);
void prog_unbind_all(struct runtime_prog *rp);
/* The rows of helpers for all types, of functions; as ext_spec. */
int ext_helpers_spec(const struct ext_helpers *helpers, enum dialect dialect,
		     struct spec **ret_spec, struct error *err) MUST_CHECK;
int ext_functions_spec(const struct ext_functions *functions, enum dialect dialect,
		       struct spec **ret_spec, struct error *err) MUST_CHECK;

/* --- ext_attach.c ----------------------------------------------------------------------------- */

/* The names of a hook's attach type become the provider's own, if it has any. */
int attach_take_names(const struct runtime *rt, struct provider *provider,
		      struct error *err) MUST_CHECK;
/* Whether nobody else has them. rt->admin is taken, as for the next one. */
int attach_check_names(const struct runtime *rt, const struct provider *provider,
		       struct error *err) MUST_CHECK;
/* Rows for all hooks with names, of a set that has the types and room for a part; 0 or ERR_NOMEM.
 */
int attach_add_rows(const struct runtime *rt, struct spec *spec) MUST_CHECK;

/* --- link.c ----------------------------------------------------------------------------------- */

/* Detaches all that hang on a hook which is not registered any more. */
void link_detach_all(struct runtime *rt, struct provider *hook);

/* --- invoke.c --------------------------------------------------------------------------------- */

/* Forgets the last invocation. */
static inline void invocation_reset(struct invocation *inv)
{
	struct exec *exec = &inv->exec;

	exec->arg2 = 0;
	exec->fault.status = 0;
	exec->packet = NULL;
	exec->region_count = 0;
	inv->fixed_regions = 0;
	inv->value_region = 0;
	inv->reserved_count = 0;
	inv->lent = NULL;
	inv->room.high = 0;
	inv->redirect.kind = REDIRECT_NONE; /* then the rest is not looked at */
}
/* Runs the program and those that it tail-calls, in the slot that the caller has leased. Tells what
 * it returned; inv->exec.fault.status says whether it ended well. The caller has reset inv and set
 * its context, packet, arg2, budget and regions. */
u64 invocation_run(struct invocation *inv, const struct runtime_prog *prog, void *ctx);
/* What a program that was not verified may touch: its context, len bytes where the type does not
 * say how many, and the packet of it. */
void invocation_add_regions(struct invocation *inv, const struct runtime_prog *prog, u8 *ctx,
			    u64 len);
/* As epoch_enter, but waits for a slot for a while. */
u32 runtime_lease(struct runtime *rt, u32 hint);

/* --- access.c: memory that programs name in arguments of helpers ----------------------------- */

/* Whether the program may touch [addr, addr + len), verified or not. */
bool exec_may_access(const struct exec *exec, u64 addr, u64 len, bool write);
/* The same for an argument that the verifier checks: true for verified programs. Otherwise a
 * refusal also becomes the invocation's fault, which ends it. */
bool exec_check_slow(struct exec *exec, u64 addr, u64 len, bool write);
static inline bool exec_check(struct exec *exec, u64 addr, u64 len, bool write)
{
	return LIKELY(exec->unchecked) || exec_check_slow(exec, addr, len, write);
}
/* How many of the max bytes at addr may be read, verified or not. */
u32 exec_readable(const struct exec *exec, u64 addr, u32 max);
/* The map that an argument names; NULL, and a fault, when it is none of the runtime's. */
struct map *invocation_map_slow(struct invocation *inv, u64 addr);
static inline struct map *invocation_map(struct invocation *inv, u64 addr)
{
	return LIKELY(inv->exec.unchecked) ? (struct map *)(uintptr_t)addr
					   : invocation_map_slow(inv, addr);
}
/* exec.may_access: the values of the runtime's maps. */
bool invocation_may_access(const struct exec *exec, u64 addr, u32 size, bool write);

/* --- fault.c ---------------------------------------------------------------------------------- */

/* Says where and why exec.fault ended the invocation. Returns the fault's status. */
int invocation_explain(const struct invocation *inv, struct error *err);
/* The same for events, which may be many: without the program's name, and what it just missed is
 * not looked for. */
void invocation_summarise(const struct invocation *inv, struct error *err);

/* --- helpers_ringbuf.c ------------------------------------------------------------------------ */

/* Discards what the program has reserved and forgotten. */
void invocation_discard_reserved(struct invocation *inv);
/* Whether [addr, addr + size) is in a record that the program has reserved. */
bool invocation_reserved(const struct invocation *inv, u64 addr, u64 size);

/* --- helpers_printk.c ------------------------------------------------------------------------- */

/* For whoever watches. */
void invocation_trace(const struct invocation *inv, u32 kind, const char *text, size_t len);

/* --- packet.c --------------------------------------------------------------------------------- */

#define PACKET_RUN_HEAD 216 /* of a test run: bytes that the head may move into, as in Linux */
#define PACKET_MAX	3520 /* bytes that a packet may grow to, if it is not longer from the start */

/* Whether programs of the type may change the packet's bounds. */
bool packet_is_movable(const struct spec_prog_type *type);
/* Tells context and regions where the packet is now. */
void packet_publish(struct invocation *inv);
/* The room of a hook's packet; false: it cannot be given to programs of the type. */
bool packet_room_of(const struct spec_prog_type *type, const struct runtime_packet *packet,
		    void *ctx, struct packet_room *ret_room);
/* The packet without what stands before it, also where it cannot be moved; false: there is none. */
bool packet_of(const struct invocation *inv, u64 *ret_base, u64 *ret_size);

/* --- helpers.c -------------------------------------------------------------------------------- */

/* Every program's helpers: arg is a struct runtime. */
struct helper_binding helper_bind(const void *arg, u32 id);
/* struct prog_binding's: arg is a struct runtime_prog. Those of its type come first. */
struct helper_binding prog_helper(const void *arg, u32 id);
/* What types without a provider have of their own, from this number on. */
#define HELPER_OF_TYPE 0x10000
struct helper_binding helper_of_type(const struct spec_prog_type *type, u32 id);
/* Whether all helpers that the program calls are there; says which is not, and why. */
int helper_check_calls(const struct prog *prog, const struct prog_binding *binding,
		       struct error *err) MUST_CHECK;
/* The address of a helper for code of the module ABI; 0: not one of the runtime's own. lean: of the
 * function that does not keep xmm6 to xmm15 (module_abi.h). */
u64 helper_for_modules(helper_fn fn, bool lean);
/* What a program sees of an ERR_ status: an errno, or an ebpf_result in the Windows dialect, in
 * both negative. */
u64 helper_status(const struct invocation *inv, int status);

typedef u64 helper_impl(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, void *ctx);
/* Every function that a row names; rows for helpers that are not offered name NONE. */
#define HELPER(dialect, id, name, impl, ret, a1, a2, a3, a4, a5, flags, ...) \
	helper_impl helper_##impl;
#include "spec/helpers.def"
#undef HELPER
