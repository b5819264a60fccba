/* SPDX-License-Identifier: MIT */
/* What an extension for Oriel is written against: a shared library that brings program types,
 * hooks, helpers, map types and functions. It needs this header and nothing else;
 * docs/extensions.md walks through one.
 *
 * Structs begin with a header, which says how much of them their maker knows: what that does not
 * know is zero for the other side, and what it knows beyond is not looked at. Fields are only ever
 * added at the end.
 *
 * Whoever gets a struct copies it. What it points to by name, prototype and table is copied, too;
 * functions, their arguments and what is said to outlive something stay the extension's, in place
 * until free has been called. Status codes are 0 and the negative ORIEL_ERR_... of oriel/error.h:
 * the numbers of Linux's errno, so that -EINVAL is one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The project's own code, for which this header is the definition as well, has types of its own. */
#ifndef ORIEL_EXT_U64
#define ORIEL_EXT_U64 uint64_t
struct oriel_guid {
	uint32_t data1;
	uint16_t data2, data3;
	uint8_t data4[8];
};
/* A helper or function, called as fn(r1, r2, r3, r4, r5, context). */
typedef uint64_t (*oriel_ext_helper_fn)(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
					uint64_t r5, void *context);
#endif

struct oriel_ext_header {
	uint16_t version;
	size_t size;	   /* up to the end of the last field */
	size_t total_size; /* sizeof */
};
#define ORIEL_EXT_VERSION 1
/* The initialiser of a header; last: the last field that this maker knows. */
#define ORIEL_EXT_HEADER(type, last)                                                             \
	{                                                                                        \
		ORIEL_EXT_VERSION, offsetof(type, last) + sizeof(__typeof__(((type *)0)->last)), \
			sizeof(type)                                                             \
	}

/* Whom an extension registers with: one runtime. */
struct oriel_ext_registry;
struct oriel_ext_error; /* what went wrong: host->fail puts it there */

/* --- program types: contexts and helpers ----------------------------------------------------- */

/* In front of every context are 64 bytes that are the runtime's. */
struct oriel_ext_context_header {
	ORIEL_EXT_U64 reserved[8];
};

/* Bytes of the context, and where in it the addresses of packet, packet's end and metadata are,
 * each of 8 bytes; -1: there is none. The rest is memory that programs read and write. */
struct oriel_ext_context {
	int32_t size, data, end, meta;
};

struct oriel_ext_program_type {
	struct oriel_ext_header header;
	const char *name;
	const struct oriel_ext_context *context;
	struct oriel_guid program_type;
	uint32_t bpf_prog_type;
	char is_privileged;
};

/* Classes of arguments and of results: what the verifier holds programs to. */
enum oriel_ext_arg {
	ORIEL_EXT_ARG_NONE = 0,	    /* neither this one nor those after it are looked at */
	ORIEL_EXT_ARG_ANYTHING = 1, /* a number */
	ORIEL_EXT_ARG_SIZE = 2,	    /* of the memory that the argument before points to, not 0 */
	ORIEL_EXT_ARG_SIZE_OR_ZERO = 3,
	ORIEL_EXT_ARG_CTX = 4,
	ORIEL_EXT_ARG_MAP = 5,
	ORIEL_EXT_ARG_PROG_MAP = 6,
	ORIEL_EXT_ARG_MAP_KEY = 7,   /* of the map before */
	ORIEL_EXT_ARG_MAP_VALUE = 8, /* as well */
	ORIEL_EXT_ARG_READ_MEM = 9,
	ORIEL_EXT_ARG_READ_MEM_OR_NULL = 10,
	ORIEL_EXT_ARG_WRITE_MEM = 11,
	ORIEL_EXT_ARG_STACK = 12,
	ORIEL_EXT_ARG_STACK_OR_NULL = 13,
	ORIEL_EXT_ARG_CTX_OR_NULL = 14,
	ORIEL_EXT_ARG_WRITE_MEM_OR_NULL = 15,
};
enum oriel_ext_ret {
	ORIEL_EXT_RET_INTEGER = 0,
	ORIEL_EXT_RET_MAP_VALUE_OR_NULL = 1,
	ORIEL_EXT_RET_INTEGER_OR_NO_RETURN = 2,
};

struct oriel_ext_helper {
	struct oriel_ext_header header;
	uint32_t helper_id;
	const char *name;
	uint32_t return_type;  /* enum oriel_ext_ret */
	uint32_t arguments[5]; /* enum oriel_ext_arg */
	uint32_t flags;	       /* ORIEL_EXT_HELPER_... */
	bool implicit_context; /* says that it looks at the context, which all are given */
};
/* The packet may lie elsewhere after the call: programs look again. */
#define ORIEL_EXT_HELPER_REALLOCATE_PACKET 1

struct oriel_ext_program_info {
	struct oriel_ext_header header;
	const struct oriel_ext_program_type *type;
	uint32_t type_helper_count;
	const struct oriel_ext_helper *type_helpers; /* ids from 0x10000 on */
	uint32_t global_helper_count;
	const struct oriel_ext_helper *global_helpers; /* stand in for every program's */
};

/* In the order of the helpers. */
struct oriel_ext_helper_addresses {
	struct oriel_ext_header header;
	uint32_t helper_count;
	const oriel_ext_helper_fn *addresses;
};

struct oriel_ext_program_data {
	struct oriel_ext_header header;
	const struct oriel_ext_program_info *program_info;
	const struct oriel_ext_helper_addresses *type_helper_addresses;
	const struct oriel_ext_helper_addresses *global_helper_addresses;
	/* For test runs: a context, with a context's header in front of it, from bytes; and back,
	 * as far as the rooms in the sizes go, which become what there is. Both, or neither: then
	 * contexts of the type are plain bytes. Any thread, also several at once. */
	int (*context_create)(const uint8_t *data, size_t data_size, const uint8_t *ctx,
			      size_t ctx_size, void **ret_context);
	void (*context_destroy)(void *context, uint8_t *data, size_t *data_size, uint8_t *ctx,
				size_t *ctx_size);
	uint8_t required_irql;
	uint32_t capabilities;
};

/* Helpers for programs of all types, with numbers below 0x10000 that the runtime does not offer by
 * itself. A type's stand-in for such a helper comes before it. */
struct oriel_ext_helpers {
	struct oriel_ext_header header;
	struct oriel_guid module; /* of whoever provides them */
	uint32_t count;
	const struct oriel_ext_helper *helpers;
	const struct oriel_ext_helper_addresses *addresses;
};

/* --- map types: what an application gives and gets, and what the map holds -------------------- */

/* Bits of how, below: who does it, and as a part of what. */
#define ORIEL_EXT_MAP_HELPER \
	1 /* a program; else an application, in whose process the call is made */
#define ORIEL_EXT_MAP_UPDATE  2 /* a value is replaced by another one */
#define ORIEL_EXT_MAP_CLEANUP 4 /* the map goes, or the extension */

struct oriel_ext_map_properties {
	struct oriel_ext_header header;
	/* The map holds something else than applications see: an object in the place of its handle.
	 * Programs neither look up nor change such a map; helpers of the extension do. */
	bool updates_original_value;
};

/* 0, or a negative status. None of these may block. arg is struct oriel_ext_map_data's; context, of
 * a map, what create gave. The last three may be NULL unless the provider changes values: then
 * found and adding make out_value, of out_size bytes, from in_value; else there is none. */
struct oriel_ext_map_dispatch {
	struct oriel_ext_header header;
	/* Are these sizes right? ret_actual_value_size is the definition's, and may be changed. */
	int (*create)(void *arg, uint32_t map_type, uint32_t key_size, uint32_t value_size,
		      uint32_t max_entries, uint32_t *ret_actual_value_size, void **ret_context);
	void (*destroyed)(void *arg, void *context);
	/* May programs of that type use the map? */
	int (*associate)(void *arg, void *context, const struct oriel_guid *program_type);
	/* After an element was found; a negative status: it was not. */
	int (*found)(void *arg, void *context, size_t key_size, const uint8_t *key, size_t in_size,
		     const uint8_t *in_value, size_t out_size, uint8_t *out_value, uint32_t how);
	/* Before an update, which is made when this is 0. */
	int (*adding)(void *arg, void *context, size_t key_size, const uint8_t *key, size_t in_size,
		      const uint8_t *in_value, size_t out_size, uint8_t *out_value, uint32_t how);
	/* Before an element goes; called once for whatever adding let in. With ..._UPDATE and
	 * ..._CLEANUP it goes whatever this says. */
	int (*deleting)(void *arg, void *context, size_t key_size, const uint8_t *key,
			size_t value_size, const uint8_t *value, uint32_t how);
};

struct oriel_ext_map_data {
	struct oriel_ext_header header;
	uint32_t map_type;	/* one of those that extensions provide; docs/program-types.md */
	uint32_t base_map_type; /* of which type the map is that holds the elements: hash */
	const struct oriel_ext_map_properties *properties;
	const struct oriel_ext_map_dispatch *dispatch;
	void *arg;
};

/* --- functions that programs call by name (BTF-resolved) ------------------------------------- */

struct oriel_ext_function {
	struct oriel_ext_header header;
	const char *name;
	oriel_ext_helper_fn address;
	/* As in struct oriel_ext_helper. Of an extension that says nothing of that, no verified
	 * program can call the function. */
	uint32_t return_type;
	uint32_t arguments[5];
	uint32_t flags;
};

struct oriel_ext_functions {
	struct oriel_ext_header header;
	struct oriel_guid module;
	uint32_t count;
	const struct oriel_ext_function *functions;
};

/* --- hooks ------------------------------------------------------------------------------------ */

enum oriel_ext_link_type {
	ORIEL_EXT_LINK_UNSPEC,
	ORIEL_EXT_LINK_PLAIN,
	ORIEL_EXT_LINK_CGROUP,
	ORIEL_EXT_LINK_XDP
};

struct oriel_ext_attach_data {
	struct oriel_ext_header header;
	struct oriel_guid supported_program_type;
	uint32_t bpf_attach_type;
	uint32_t link_type; /* enum oriel_ext_link_type */
	/* Of an attach type of the extension's own: what it is called, and the section names that
	 * mean it ("line": "line" and "line/..."). NULL: it is one of the host's. */
	const char *name;
	const char *section; /* NULL: the name */
};

/* Where exactly the program is to be attached, as whoever attaches says. */
struct oriel_ext_extension_data {
	struct oriel_ext_header header;
	const void *data;
	size_t data_size;
	uint32_t prog_attach_flags;
};

/* What the hook calls for an event; binding is the client's. 0; -ENOENT: the program is gone; else
 * the program was stopped and has no result. A batch is for several calls in a row; state is the
 * caller's memory. */
#define ORIEL_EXT_BATCH_STATE 64
struct oriel_ext_dispatch {
	struct oriel_ext_header header;
	int (*invoke)(void *binding, void *context, uint32_t *ret_result);
	int (*batch_begin)(void *binding, size_t state_size, void *state);
	int (*batch_invoke)(void *binding, void *context, const void *state, uint32_t *ret_result);
	int (*batch_end)(void *binding, void *state);
};

struct oriel_ext_client {
	struct oriel_ext_header header;
	const struct oriel_ext_extension_data *data;
	const struct oriel_ext_dispatch *dispatch;
	void *binding;
};

/* A hook that keeps its programs itself. */
struct oriel_ext_hook {
	struct oriel_ext_header header;
	struct oriel_guid attach_type;
	const struct oriel_ext_attach_data *data;
	void *arg;
	/* Takes the client on, or refuses: -EBUSY, -EINVAL, ... From then on it is called for
	 * events, until detach: which returns when no call of it is under way. */
	int (*attach)(void *arg, const struct oriel_ext_client *client, void **ret_binding,
		      struct oriel_ext_error *err);
	void (*detach)(void *arg, void *binding);
};

/* --- hooks whose programs the host keeps ------------------------------------------------------ */

enum oriel_ext_hook_mode {
	ORIEL_EXT_HOOK_SINGLE = 0, /* one program */
	/* One program for each parameter; one without a parameter is alone. */
	ORIEL_EXT_HOOK_SINGLE_EACH = 1,
	ORIEL_EXT_HOOK_MULTI = 2, /* 16 for each parameter, and 16 for all */
};

/* The last of these that a program gives is what counts. */
struct oriel_ext_verdicts {
	struct oriel_ext_header header;
	const uint32_t *order; /* from the weakest to the strongest; outlives the hook */
	uint32_t count;	       /* at most 256 */
	uint32_t stop;	       /* ends the chain */
	uint32_t other;	  /* what other results are taken for, and a program that was stopped */
	uint32_t nothing; /* when no program ran */
};

struct oriel_ext_hook_options {
	struct oriel_ext_header header;
	struct oriel_guid attach_type;
	const struct oriel_ext_attach_data *data;
	uint32_t mode; /* enum oriel_ext_hook_mode */
	/* Programs are attached for one value of a number of 4 bytes, or for all: with 0 or none.
	 * Else they take no parameter. */
	bool has_param;
	bool needs_param; /* 0 and none are refused */
	/* NULL: the last program's result is the hook's. */
	const struct oriel_ext_verdicts *verdicts;
	/* Whether the event has been dealt with after a program ran: the others do not see it. May
	 * be NULL. */
	bool (*done)(void *arg, void *context);
	/* Before each program: which bytes of its context that may load, bit i for the four
	 * bytes from 4 * i on and bit 63 for all behind, so that what is expensive to know is put
	 * there for those alone. May be NULL. */
	void (*prepare)(void *arg, void *context, ORIEL_EXT_U64 loads);
	void *arg;
};

/* What is attached to such a hook. */
struct oriel_ext_chain;

/* --- host and extension ----------------------------------------------------------------------- */

enum oriel_ext_dialect {
	ORIEL_EXT_WINDOWS = 1, /* numbers of eBPF for Windows */
	ORIEL_EXT_LINUX = 2,
};

/* What the host does for extensions. It stays in place as long as the extension is loaded. */
struct oriel_ext_host {
	struct oriel_ext_header header;
	const char *version; /* of the host: "0.1.0" */

	/* In start, and at no other time. The host takes all of it away again: after run, when no
	 * program runs any more that could call the extension. The first one that fails makes start
	 * fail. */
	int (*register_program)(struct oriel_ext_registry *registry,
				const struct oriel_ext_program_data *data,
				struct oriel_ext_error *err);
	int (*register_helpers)(struct oriel_ext_registry *registry,
				const struct oriel_ext_helpers *helpers,
				struct oriel_ext_error *err);
	int (*register_functions)(struct oriel_ext_registry *registry,
				  const struct oriel_ext_functions *functions,
				  struct oriel_ext_error *err);
	int (*register_map)(struct oriel_ext_registry *registry,
			    const struct oriel_ext_map_data *data, struct oriel_ext_error *err);
	int (*register_hook)(struct oriel_ext_registry *registry, const struct oriel_ext_hook *hook,
			     struct oriel_ext_error *err);
	int (*hook_new)(struct oriel_ext_registry *registry,
			const struct oriel_ext_hook_options *options,
			struct oriel_ext_chain **ret_chain, struct oriel_ext_error *err);
	/* Says why (one line without a full stop, which is copied), and gives status back. */
	int (*fail)(struct oriel_ext_error *err, int status, const char *text);

	/* Events, from any thread, from the end of start until stop has returned. hook_run runs the
	 * programs for param, then those for all; it tells how many ran, or a negative status when
	 * none could. The context has a context's header in front. */
	bool (*hook_is_used)(const struct oriel_ext_chain *chain);
	bool (*hook_uses_param)(const struct oriel_ext_chain *chain);
	int (*hook_run)(struct oriel_ext_chain *chain, uint32_t param, void *context,
			uint32_t *ret_verdict);
	/* In run: until the descriptor (-1: none) has something to read or has ended: 1; until so
	 * many milliseconds are over (-1: they never are): 0. -ECANCELED: run is to return. */
	int (*wait)(struct oriel_ext_registry *registry, int fd, int milliseconds);

	/* In helpers, with the context that they are called with: whether the program may touch
	 * [addr, addr + len). Arguments that the verifier checks need it for programs that were not
	 * verified; the program ends when it may not. */
	bool (*check_memory)(void *context, ORIEL_EXT_U64 addr, ORIEL_EXT_U64 len, bool write);
	/* Of a map that is an argument: what create gave for it. NULL: it is a map of another type,
	 * or none. */
	void *(*map_context)(void *context, ORIEL_EXT_U64 map, uint32_t map_type);
	/* The value as the map holds it; NULL: no such key. The key is the extension's memory. */
	void *(*map_find)(void *context, ORIEL_EXT_U64 map, uint32_t map_type, const void *key);

	/* Memory, zeroed, that running programs may look at: it is freed when those who run have
	 * ended. NULL: there is none. */
	void *(*epoch_alloc)(struct oriel_ext_registry *registry, size_t size);
	void (*epoch_free)(struct oriel_ext_registry *registry, void *memory);
};

/* What the library has to say of itself, constant. */
struct oriel_extension {
	struct oriel_ext_header header;
	/* Letters a to z, digits, '-' and '_', at most 63: the file is called NAME.so. */
	const char *name;
	const char *version; /* "1.0"; printable ASCII, at most 63 characters */
	const char *summary; /* one line without a full stop, at most 255 */
	uint32_t dialect;    /* enum oriel_ext_dialect: of the numbers in its tables */
	uint32_t reserved;   /* 0 */

	/* Registers everything with a runtime. Also called only to see what there is, so it begins
	 * nothing else. For each runtime once, also while an instance for another one is there. */
	int (*start)(const struct oriel_ext_host *host, struct oriel_ext_registry *registry,
		     void **ret_instance, struct oriel_ext_error *err);
	/* May be NULL. On a thread of its own, once programs are attached: makes events, waits by
	 * host->wait. Returns when there are none any more, or when told to; a negative status: it
	 * could not go on. */
	int (*run)(void *instance);
	/* May be NULL. Ends threads of the extension's own: no event comes any more when this
	 * returns. After run has returned, or without it. */
	void (*stop)(void *instance);
	/* May be NULL. Nothing of the instance is in use any more: programs have ended, links and
	 * maps are gone. Always the last call for an instance; not after a start that failed. */
	void (*free)(void *instance);
};

/* The one function that the library exports:
 *
 *     ORIEL_EXTENSION_EXPORT const struct oriel_extension *
 *     oriel_extension_entry(const struct oriel_ext_host *host)
 *
 * Called once, first of all. NULL: the host is too old (its header says what it has). */
#define ORIEL_EXTENSION_ENTRY "oriel_extension_entry"
typedef const struct oriel_extension *(*oriel_extension_entry_fn)(
	const struct oriel_ext_host *host);
#if defined(_WIN32)
#define ORIEL_EXTENSION_EXPORT __declspec(dllexport)
#else
#define ORIEL_EXTENSION_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
}
#endif
