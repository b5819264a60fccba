/* SPDX-License-Identifier: MIT */
/* How program types and hooks come in: an extension registers what it provides with a runtime.
 *
 * The structures are those of the public header, where they are explained; here their names are
 * shorter, and what is opaque there is known.
 *
 * Nothing of what an extension hands over is needed after the call but functions and their
 * arguments, which are called until it has unregistered. */
#pragma once

#include "runtime/objects.h"

#define ORIEL_EXT_U64		   u64
#define oriel_guid		   guid
#define oriel_ext_helper_fn	   helper_fn
#define oriel_ext_error		   error
#define oriel_ext_header	   ext_header
#define oriel_ext_context	   ext_context
#define oriel_ext_program_type	   ext_program_type
#define oriel_ext_helper	   ext_helper
#define oriel_ext_program_info	   ext_program_info
#define oriel_ext_helper_addresses ext_helper_addresses
#define oriel_ext_program_data	   ext_program_data
#define oriel_ext_helpers	   ext_helpers
#define oriel_ext_map_properties   ext_map_properties
#define oriel_ext_map_dispatch	   ext_map_dispatch
#define oriel_ext_map_data	   ext_map_data
#define oriel_ext_function	   ext_function
#define oriel_ext_functions	   ext_functions
#define oriel_ext_attach_data	   ext_attach_data
#define oriel_ext_extension_data   ext_extension_data
#define oriel_ext_dispatch	   ext_dispatch
#define oriel_ext_client	   ext_client
#define oriel_ext_hook		   ext_hook
#include "../include/oriel/extension.h"

#define EXT_VERSION ORIEL_EXT_VERSION
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

#define EXT_HELPER_REALLOCATE_PACKET ORIEL_EXT_HELPER_REALLOCATE_PACKET
#define EXT_MAP_HELPER		     ORIEL_EXT_MAP_HELPER
#define EXT_MAP_UPDATE		     ORIEL_EXT_MAP_UPDATE
#define EXT_MAP_CLEANUP		     ORIEL_EXT_MAP_CLEANUP
#define EXT_BATCH_STATE		     ORIEL_EXT_BATCH_STATE
#define EXT_LINK_UNSPEC		     ORIEL_EXT_LINK_UNSPEC
#define EXT_LINK_PLAIN		     ORIEL_EXT_LINK_PLAIN
#define EXT_LINK_CGROUP		     ORIEL_EXT_LINK_CGROUP
#define EXT_LINK_XDP		     ORIEL_EXT_LINK_XDP

struct provider; /* what was registered */

/* Takes away what was registered: links to a hook are detached, programs that need what the
 * provider gave cannot be invoked until it comes back. Returns when no program runs that could call
 * it; not from inside an invocation. Accepts NULL. */
void runtime_unregister(struct runtime *rt, struct provider *provider);

/* --- program types: contexts and helpers ----------------------------------------------------- */

int runtime_register_program(struct runtime *rt, const struct ext_program_data *data,
			     struct provider **ret_provider, struct error *err) MUST_CHECK;
/* The rows of such a type and its helpers, for verifying; one reference is the caller's. What is
 * built in needs no others. */
int ext_spec(const struct ext_program_data *data, enum dialect dialect, struct spec **ret_spec,
	     struct error *err) MUST_CHECK;

int runtime_register_helpers(struct runtime *rt, const struct ext_helpers *helpers,
			     struct provider **ret_provider, struct error *err) MUST_CHECK;

/* All that the extensions have added to what programs may do, for object_open() and the verifier.
 * It stays as it is when they go; one reference is the caller's. */
int runtime_spec(struct runtime *rt, struct spec **ret_spec, struct error *err) MUST_CHECK;

/* For helpers: whether the program may touch [addr, addr + len). Arguments that the verifier checks
 * need it for programs that were not verified; the program ends when it may not. */
bool ext_check_memory(void *context, u64 addr, u64 len, bool write);

/* --- map types: what an application gives and gets, and what the map holds -------------------- */

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

/* With a name, the attach type and its section name are among what runtime_spec gives. */
int runtime_register_hook(struct runtime *rt, const struct ext_hook *hook,
			  struct provider **ret_provider, struct error *err) MUST_CHECK;
/* Whether programs can be attached there. */
bool runtime_has_hook(struct runtime *rt, const struct guid *attach_type);
/* Whether any is attached to that hook. */
bool provider_is_attached(struct runtime *rt, const struct provider *hook);

/* --- functions that programs call by name (BTF-resolved) ------------------------------------- */

int runtime_register_functions(struct runtime *rt, const struct ext_functions *functions,
			       struct provider **ret_provider, struct error *err) MUST_CHECK;

/* --- structs of others ------------------------------------------------------------------------ */

/* Takes over as much of a struct as both sides know; to_size bytes. ERR_INVAL with what it is. */
int ext_take(const void *from, void *to, size_t to_size, const char *what,
	     struct error *err) MUST_CHECK;
/* The i-th of an array of structs that begin with a header. */
const void *ext_nth(const void *array, u32 i);
