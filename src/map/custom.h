/* SPDX-License-Identifier: MIT */
/* Map types that others provide: a map of a type of ours holds the elements, and the provider sees
 * what comes, what is read and what goes; it may keep something else in the map than what
 * applications give and get, such as an object in the place of its handle. */
#pragma once

#include "map/map.h"

struct guid;
struct map_custom;

/* How an element was got at. */
enum map_custom_flag {
	MAP_CUSTOM_HELPER = 1,	/* by a program; else by an application, in whose process we are */
	MAP_CUSTOM_UPDATE = 2,	/* another value takes its place */
	MAP_CUSTOM_CLEANUP = 4, /* the map goes, or its provider */
};

/* What a provider does; results are 0 or an ERR_ status. None of it may block: programs may call,
 * and a lock of the map's may be held.
 *
 * create, destroyed, associate  for each map: which sizes are right, and whether programs of a type
 *             may use it. create may ask for values of another size than the definition's.
 * found       after a look-up: the value as applications see it becomes ret_value
 * adding      before an update: what the map is to hold becomes ret_value
 * deleting    before an element goes, or is replaced; with UPDATE or CLEANUP it cannot be refused.
 *             Whatever adding let in is deleted once.
 *
 * found and the others do not get a ret_value where the provider leaves values as they are. */
struct map_provider_ops {
	int (*create)(void *arg, u32 map_type, u32 key_size, u32 value_size, u32 max_entries,
		      u32 *ret_actual_value_size, void **ret_context);
	void (*destroyed)(void *arg, void *context);
	int (*associate)(void *arg, void *context, const struct guid *program_type);
	int (*found)(void *arg, void *context, size_t key_size, const u8 *key, size_t in_size,
		     const u8 *in_value, size_t out_size, u8 *ret_value, u32 flags);
	int (*adding)(void *arg, void *context, size_t key_size, const u8 *key, size_t in_size,
		      const u8 *in_value, size_t out_size, u8 *ret_value, u32 flags);
	int (*deleting)(void *arg, void *context, size_t key_size, const u8 *key, size_t size,
			const u8 *value, u32 flags);
};

struct map_provider {
	struct map_provider_ops ops; /* found, adding, deleting may be NULL */
	void *arg;
	bool changes_values; /* all are there; programs neither read nor change the map */
	struct os_lock lock; /* of the list */
	struct map_custom *maps;
	/* A map of its has been made, is gone; both may be NULL. */
	void (*get)(struct map_provider *provider);
	void (*put)(struct map_provider *provider);
};

/* Takes from the provider what it has made: its maps are empty from then on, and do nothing.
 * Nobody makes another one meanwhile. Not from inside an invocation. */
void map_provider_leave(struct map_provider *provider, struct epoch *epoch);

/* Whether programs of that type may use the map; 0 for all that nobody else provides. */
int map_associate(const struct map *map, const struct guid *program_type) MUST_CHECK;
/* What create gave; NULL: not such a map, or its provider has left. */
void *map_custom_context(const struct map *map);
/* The value as the map holds it; NULL: not there. For those inside an epoch. */
void *map_custom_find(const struct map *map, const void *key);
