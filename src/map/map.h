/* SPDX-License-Identifier: MIT */
/* Maps: one interface, a file a type.
 *
 * A value keeps its address for as long as its map lives: programs hold pointers to values. A
 * deleted value stays readable and writable memory of its map (until a new key takes it over), so
 * that a program that deletes what it has looked up, or loses it to another program, touches
 * nothing else.
 *
 * Threads: today calls on one map exclude one another, apart from lookups and contains() among
 * themselves; programs change values in place with plain or atomic stores, as they choose. The
 * layouts (positions instead of pointers, chains that a reader can follow while one writer links at
 * the head, memory that is never given back) are those that readers without locks need. */
#pragma once

#include "base/error.h"
#include "prog/prog.h"

struct map;

enum map_update_flag { MAP_ANY = 0, MAP_NOEXIST = 1, MAP_EXIST = 2 };

/* Flags of definitions, Linux dialect; Windows has none. */
enum map_flag {
	MAP_F_NO_PREALLOC = 0x1,
	MAP_F_NUMA_NODE = 0x4,
	MAP_F_RDONLY = 0x8,
	MAP_F_WRONLY = 0x10,
	MAP_F_ZERO_SEED = 0x40,
	MAP_F_RDONLY_PROG = 0x80,
	MAP_F_MMAPABLE = 0x400,
	MAP_F_INNER_MAP = 0x1000,
};

#define MAP_MAX_KEY    512	     /* bytes: keys are built on a program's stack */
#define MAP_MAX_GLOBAL 0x100000	     /* bytes of a global section in the Windows dialect */
#define MAP_MAX_MEMORY 0xffffffffull /* bytes of a map, so that positions fit 32 bits */

struct map_ops {
	size_t size; /* of the type's struct, which starts with struct map */
	u32 flags;   /* definition flags that the type takes, enum map_flag */
	/* Checks what the common rules leave open and takes the memory. When it fails, fini
	 * follows. */
	int (*init)(struct map *map, struct error *err);
	void (*fini)(struct map *map);
	/* Address of the value; NULL when the key is not there, or programs may not look up. */
	void *(*lookup)(struct map *map, const void *key);
	int (*update)(struct map *map, const void *key, const void *value, u64 flags);
	int (*remove)(struct map *map, const void *key);
	/* The key after *key (the first for NULL) to ret_key; ERR_NOENT at the end. */
	int (*next_key)(struct map *map, const void *key, void *ret_key);
	/* Whether [addr, addr + size) lies inside one value that the map holds or has held. size is
	 * not 0. */
	bool (*contains)(const struct map *map, u64 addr, u32 size);
};

struct map {
	const struct map_ops *ops;
	struct prog_map def;  /* names and initial contents are not kept */
	enum dialect dialect; /* decides where errors and limits differ */
	bool read_only;	      /* for programs */
};

/* Checks the definition by its type's and dialect's rules and gives the initial contents;
 * ERR_NOTSUP for a type not implemented. */
int map_new(const struct prog_map *def, enum dialect dialect, struct map **ret_map,
	    struct error *err) MUST_CHECK;
void map_free(struct map *map);

/* The value's address when the map has one from the start at index 0 (arrays), for LDDW_MAP_VALUE;
 * else NULL. */
void *map_direct_value(struct map *map);

/* Programs in a prog array are what the runtime says they are; the map only keeps the pointers.
 * ERR_RANGE outside, ERR_INVAL when the map is no prog array. */
int prog_array_set(struct map *map, u32 index, const void *prog) MUST_CHECK;
const void *prog_array_get(const struct map *map, u32 index); /* NULL: empty or outside */
