/* SPDX-License-Identifier: MIT */
/* How program types and hooks come in: an extension registers what it provides with a runtime.
 *
 * Structs begin with a header, which says how much of them the extension knows: what it does not
 * know is zero, and what it knows beyond is not looked at. Fields are only ever added at the end.
 * Fields, their order and their meaning are those of eBPF for Windows' extension contract.
 *
 * Nothing of what an extension hands over is needed after the call but functions and their
 * arguments, which are called until it has unregistered. */
#pragma once

#include "runtime/objects.h"

struct ext_header {
	u16 version;
	size_t size;	   /* up to the end of the last field */
	size_t total_size; /* sizeof */
};
#define EXT_VERSION 1
/* Where the field after `last` would begin, without padding: analysers suspect sizeof of a pointer.
 */
#define EXT_END(type, last)                                  \
	offsetof(                                            \
		struct {                                     \
			char before[offsetof(type, last)];   \
			__typeof__(((type *)0)->last) field; \
			char end;                            \
		} __attribute__((packed)),                   \
		end)
#define EXT_HEADER(type, last)                                 \
	{                                                      \
		EXT_VERSION, EXT_END(type, last), sizeof(type) \
	}

struct provider; /* what was registered */

/* Takes away what was registered: links to a hook are detached, programs that need what the
 * provider gave cannot be invoked until it comes back. Returns when no program runs that could call
 * it; not from inside an invocation. Accepts NULL. */
void runtime_unregister(struct runtime *rt, struct provider *provider);

/* --- program types: contexts and helpers ----------------------------------------------------- */

/* Offsets, -1: there is none. */
struct ext_context {
	s32 size, data, end, meta;
};

struct ext_program_type {
	struct ext_header header;
	const char *name;
	const struct ext_context *context;
	struct guid program_type;
	u32 bpf_prog_type;
	char is_privileged;
};

/* Numbers of enum spec_ret and enum spec_arg below 64. */
struct ext_helper {
	struct ext_header header;
	u32 helper_id;
	const char *name;
	u32 return_type;
	u32 arguments[5];
	u32 flags; /* EXT_HELPER_REALLOCATE_PACKET */
	bool implicit_context;
};
#define EXT_HELPER_REALLOCATE_PACKET 1

struct ext_program_info {
	struct ext_header header;
	const struct ext_program_type *type;
	u32 type_helper_count;
	const struct ext_helper *type_helpers; /* ids from 0x10000 on; an array of that struct */
	u32 global_helper_count;
	const struct ext_helper *global_helpers; /* stand in for every program's */
};

/* In the order of the helpers. All are called as fn(r1, r2, r3, r4, r5, context); helpers with an
 * implicit context are those that look at the last one. */
struct ext_helper_addresses {
	struct ext_header header;
	u32 helper_count;
	const helper_fn *addresses;
};

struct ext_program_data {
	struct ext_header header;
	const struct ext_program_info *program_info;
	const struct ext_helper_addresses *type_helper_addresses;
	const struct ext_helper_addresses *global_helper_addresses;
	/* For test runs: a context, with a struct ctx_header in front of it, from bytes; and back,
	 * as far as the rooms in the sizes go, which become what there is. NULL: contexts of the
	 * type are plain bytes. */
	int (*context_create)(const u8 *data, size_t data_size, const u8 *ctx, size_t ctx_size,
			      void **ret_context);
	void (*context_destroy)(void *context, u8 *data, size_t *data_size, u8 *ctx,
				size_t *ctx_size);
	u8 required_irql;
	u32 capabilities;
};
int runtime_register_program(struct runtime *rt, const struct ext_program_data *data,
			     struct provider **ret_provider, struct error *err) MUST_CHECK;
/* The rows of such a type and its helpers, for verifying; one reference is the caller's. What is
 * built in needs no others. */
int ext_spec(const struct ext_program_data *data, enum dialect dialect, struct spec **ret_spec,
	     struct error *err) MUST_CHECK;

/* Helpers for programs of all types, with numbers below 0x10000 that the runtime does not offer by
 * itself. A type's stand-in for such a helper comes before it. */
struct ext_helpers {
	struct ext_header header;
	struct guid module; /* of whoever provides them */
	u32 count;
	const struct ext_helper *helpers;
	const struct ext_helper_addresses *addresses;
};
int runtime_register_helpers(struct runtime *rt, const struct ext_helpers *helpers,
			     struct provider **ret_provider, struct error *err) MUST_CHECK;

/* All that the extensions have added to what programs may do, for object_open() and the verifier.
 * It stays as it is when they go; one reference is the caller's. */
int runtime_spec(struct runtime *rt, struct spec **ret_spec, struct error *err) MUST_CHECK;

/* For helpers: whether the program may touch [addr, addr + len). Arguments that the verifier checks
 * need it for programs that were not verified; the program ends when it may not. */
bool ext_check_memory(void *context, u64 addr, u64 len, bool write);

/* --- map types: what an application gives and gets, and what the map holds -------------------- */

/* Bits of how, below: who does it, and as a part of what. */
#define EXT_MAP_HELPER	1 /* a program; else an application, in whose process the call is made */
#define EXT_MAP_UPDATE	2 /* a value is replaced by another one */
#define EXT_MAP_CLEANUP 4 /* the map goes, or the extension */

struct ext_map_properties {
	struct ext_header header;
	/* The map holds something else than applications see: an object in the place of its handle.
	 * Programs neither look up nor change such a map; helpers of the extension do. */
	bool updates_original_value;
};

/* 0, or an ERR_ status. None of these may block. arg is struct ext_map_data's; context, of a map,
 * what create gave. The last three may be NULL unless the provider changes values: then found and
 * adding make out_value, of out_size bytes, from in_value; else there is none. */
struct ext_map_dispatch {
	struct ext_header header;
	/* Are these sizes right? ret_actual_value_size is the definition's, and may be changed. */
	int (*create)(void *arg, u32 map_type, u32 key_size, u32 value_size, u32 max_entries,
		      u32 *ret_actual_value_size, void **ret_context);
	void (*destroyed)(void *arg, void *context);
	/* May programs of that type use the map? */
	int (*associate)(void *arg, void *context, const struct guid *program_type);
	/* After an element was found; ERR_...: it was not. */
	int (*found)(void *arg, void *context, size_t key_size, const u8 *key, size_t in_size,
		     const u8 *in_value, size_t out_size, u8 *out_value, u32 how);
	/* Before an update, which is made when this is 0. */
	int (*adding)(void *arg, void *context, size_t key_size, const u8 *key, size_t in_size,
		      const u8 *in_value, size_t out_size, u8 *out_value, u32 how);
	/* Before an element goes; called once for whatever adding let in. With EXT_MAP_UPDATE and
	 * EXT_MAP_CLEANUP it goes whatever this says. */
	int (*deleting)(void *arg, void *context, size_t key_size, const u8 *key, size_t value_size,
			const u8 *value, u32 how);
};

struct ext_map_data {
	struct ext_header header;
	u32 map_type;	   /* one of those that extensions provide; docs/program-types.md */
	u32 base_map_type; /* of which type the map is that holds the elements: hash */
	const struct ext_map_properties *properties;
	const struct ext_map_dispatch *dispatch;
	void *arg;
};
/* Maps of that type can be made from now on. Those that are still there when the provider is
 * unregistered are emptied, and cannot be used any more. */
int runtime_register_map(struct runtime *rt, const struct ext_map_data *data,
			 struct provider **ret_provider, struct error *err) MUST_CHECK;

/* For helpers that take a map: what create gave for it. NULL: it is a map of another type, or its
 * extension has left, or (of a program that was not verified, which ends then) no map at all. */
void *ext_map_context(void *context, u64 map, u32 map_type);
/* The value as the map holds it; NULL: no such key. The key is memory of the extension's. */
void *ext_map_find(void *context, u64 map, u32 map_type, const void *key);

/* Memory that running programs may look at: it is freed when those who run have ended. */
void *ext_epoch_alloc(struct runtime *rt, size_t size); /* zeroed; NULL: there is none */
void ext_epoch_free(struct runtime *rt, void *mem);	/* accepts NULL */

/* --- hooks ------------------------------------------------------------------------------------ */

enum ext_link_type { EXT_LINK_UNSPEC, EXT_LINK_PLAIN, EXT_LINK_CGROUP, EXT_LINK_XDP };

struct ext_attach_data {
	struct ext_header header;
	struct guid supported_program_type;
	u32 bpf_attach_type;
	u32 link_type; /* enum ext_link_type */
};

/* Where exactly the program is to be attached, as whoever attaches says. */
struct ext_extension_data {
	struct ext_header header;
	const void *data;
	size_t data_size;
	u32 prog_attach_flags;
};

/* What the hook calls for an event; binding is the client's. 0, or what runtime_invoke_in gives,
 * ERR_NOENT when the program is gone. A batch leases one slot for several calls; state is the
 * caller's memory. */
#define EXT_BATCH_STATE 64
struct ext_dispatch {
	struct ext_header header;
	int (*invoke)(void *binding, void *context, u32 *ret_result);
	int (*batch_begin)(void *binding, size_t state_size, void *state);
	int (*batch_invoke)(void *binding, void *context, const void *state, u32 *ret_result);
	int (*batch_end)(void *binding, void *state);
};

struct ext_client {
	struct ext_header header;
	const struct ext_extension_data *data;
	const struct ext_dispatch *dispatch;
	void *binding;
};

struct ext_hook {
	struct ext_header header;
	struct guid attach_type;
	const struct ext_attach_data *data;
	void *arg;
	/* Takes the client on, or refuses: ERR_BUSY, ERR_INVAL, ... From then on it is called for
	 * events, until detach: which returns when no call of it is under way. */
	int (*attach)(void *arg, const struct ext_client *client, void **ret_binding,
		      struct error *err);
	void (*detach)(void *arg, void *binding);
};
int runtime_register_hook(struct runtime *rt, const struct ext_hook *hook,
			  struct provider **ret_provider, struct error *err) MUST_CHECK;

/* --- functions that programs call by name (BTF-resolved) ---------------------------------------
 */

struct ext_function {
	struct ext_header header;
	const char *name;
	helper_fn address;
	/* What the verifier holds programs to, as in struct ext_helper. Of an extension that says
	 * nothing of that, no verified program can call the function. */
	u32 return_type;
	u32 arguments[5];
	u32 flags;
};

struct ext_functions {
	struct ext_header header;
	struct guid module;
	u32 count;
	const struct ext_function *functions;
};
int runtime_register_functions(struct runtime *rt, const struct ext_functions *functions,
			       struct provider **ret_provider, struct error *err) MUST_CHECK;
