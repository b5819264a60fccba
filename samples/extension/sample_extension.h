/* SPDX-License-Identifier: MIT */
/* An extension that does nothing useful in all ways an extension can: the program type `sample` of
 * the Windows dialect, with a context, helpers, a hook, two map types and functions that programs
 * call by name. */
#pragma once

#include "runtime/hook.h"

/* sample_program_context_t, as programs see it. */
struct sample_context {
	u64 data_start, data_end;
	u32 uint32_data;
	u16 uint16_data;
	u32 helper_data_1, helper_data_2;
};

/* Numbers of map types. */
#define SAMPLE_MAP_BASE	  1  /* hash */
#define SAMPLE_MAP	  15 /* keys of 4 bytes, values of 4 or more, not beginning with 0 */
#define SAMPLE_OBJECT_MAP 16 /* keys and values of 4 bytes: handles, not 0 */
/* What a value of the first type begins with that is not found, or not deleted. */
#define SAMPLE_MAP_HIDDEN 0xffffffffu
#define SAMPLE_MAP_STAYS  0xfffffffeu

struct sample_extension {
	struct runtime *rt;
	struct provider *program, *functions, *maps, *object_maps;
	struct hook *hook;
	u32 maps_alive, elements_alive; /* atomic */
};

extern const struct guid sample_program_type;

/* Registers everything; ret is zeroed when it fails, and stays where it is until stopped. */
int sample_extension_start(struct runtime *rt, struct sample_extension *ret,
			   struct error *err) MUST_CHECK;
void sample_extension_stop(struct sample_extension *extension); /* accepts a zeroed one */

/* An event: runs what is attached. Changes data and context as the programs do. *ret_verdict: the
 * greatest result. Tells how many programs ran. */
int sample_extension_event(struct sample_extension *extension, struct sample_context *context,
			   void *data, size_t size, u32 *ret_verdict);

/* --- sample_maps.c --- */

int sample_maps_start(struct sample_extension *extension, struct error *err) MUST_CHECK;
void sample_maps_stop(struct sample_extension *extension);

u64 sample_map_lookup(u64 map, u64 key, u64 r3, u64 r4, u64 r5, void *context);
u64 sample_map_get_value(u64 map, u64 key, u64 r3, u64 r4, u64 r5, void *context);
u64 sample_redirect_map(u64 map, u64 key, u64 otherwise, u64 r4, u64 r5, void *context);
