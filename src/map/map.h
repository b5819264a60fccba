/* SPDX-License-Identifier: MIT */
/* Maps: one interface, a file a type. Values have stable addresses while they exist, so programs
 * hold pointers to them.
 */
#pragma once

#include "base/error.h"
#include "prog/prog.h"

struct map;

enum map_update_flag { MAP_ANY = 0, MAP_NOEXIST = 1, MAP_EXIST = 2 };

struct map_ops {
	int (*init)(struct map *map, struct error *err);
	void (*fini)(struct map *map);
	/* Address of the value; NULL when the key is not there. */
	void *(*lookup)(struct map *map, const void *key);
	int (*update)(struct map *map, const void *key, const void *value, u64 flags);
	int (*remove)(struct map *map, const void *key);
	/* The key after *key (the first for NULL) to ret_key; ERR_NOENT at the end. */
	int (*next_key)(struct map *map, const void *key, void *ret_key);
	/* Whether [addr, addr + size) lies inside one value that the map holds now. */
	bool (*contains)(const struct map *map, u64 addr, u32 size);
};

struct map {
	const struct map_ops *ops;
	struct prog_map def;  /* names and initial contents are not kept */
	enum dialect dialect; /* decides where errors and limits differ */
	bool read_only;
};

/* Checks the definition by its type's and dialect's rules; ERR_NOTSUP for a type not implemented.
 */
int map_new(const struct prog_map *def, enum dialect dialect, struct map **ret_map,
	    struct error *err) MUST_CHECK;
void map_free(struct map *map);

/* The value's address when the map has one from the start at index 0 (arrays), for LDDW_MAP_VALUE;
 * else NULL. */
void *map_direct_value(struct map *map);
