/* SPDX-License-Identifier: MIT */
/* Maps: one interface, a file a type.
 *
 * A value keeps its address for as long as its map lives: programs hold pointers to values. A
 * deleted value stays readable and writable memory of its map (until a new key takes it over), so
 * that a program that deletes what it has looked up, or loses it to another program, touches
 * nothing else.
 *
 * Threads: everything but map_create and map_free may be called from any thread at any time. Look-
 * ups take no lock. Values change in place, word by word; programs change them with plain or atomic
 * stores, as they choose.
 *
 * Programs' calls go through ops and name what they have checked; an application's go through the
 * functions map_read and so on, whose values have map_value_size() bytes: those of per-CPU maps
 * hold the values of all CPUs in a row, each rounded up to 8 bytes. */
#pragma once

#include "base/error.h"
#include "map/core_object.h"
#include "map/epoch.h"
#include "os/lock.h"
#include "prog/exec.h"
#include "prog/prog.h"

struct map;
struct map_provider;

enum map_update_flag { MAP_ANY = 0, MAP_NOEXIST = 1, MAP_EXIST = 2 };

/* Flags of definitions, Linux dialect; Windows has none. */
enum map_flag {
	MAP_F_NO_PREALLOC = 0x1,
	MAP_F_NO_COMMON_LRU = 0x2,
	MAP_F_NUMA_NODE = 0x4,
	MAP_F_RDONLY = 0x8,
	MAP_F_WRONLY = 0x10,
	MAP_F_ZERO_SEED = 0x40,
	MAP_F_RDONLY_PROG = 0x80,
	MAP_F_WRONLY_PROG = 0x100,
	MAP_F_MMAPABLE = 0x400,
	MAP_F_PRESERVE_ELEMS = 0x800,
	MAP_F_INNER_MAP = 0x1000,
};

#define MAP_MAX_KEY    512	     /* bytes: keys are built on a program's stack */
#define MAP_MAX_GLOBAL 0x100000	     /* bytes of a global section in the Windows dialect */
#define MAP_MAX_MEMORY 0xffffffffull /* bytes of a map, so that positions fit 32 bits */
#define MAP_MAX_CPUS   256

struct map_ops {
	size_t size;	 /* of the type's struct, which starts with struct map */
	u32 flags;	 /* definition flags that the type takes, enum map_flag */
	bool no_value;	 /* value_size must be 0 */
	bool any_sizes;	 /* the type says itself which sizes of key and value are right */
	bool no_entries; /* max_entries may be 0 */
	bool each_cpu;	 /* map->cpus is that of the options, though values are not per CPU */
	/* Checks what the common rules leave open and takes the memory. When it fails, fini
	 * follows. */
	int (*init)(struct map *map, struct error *err);
	void (*fini)(struct map *map);
	/* Address of the value (maps of maps: the inner map); NULL when the key is not there, or
	 * programs may not look up. Per-CPU types: CPU 0's. */
	void *(*lookup)(struct map *map, const void *key);
	int (*update)(struct map *map, const void *key, const void *value, u64 flags);
	int (*remove)(struct map *map, const void *key);
	/* The key after *key (the first for NULL) to ret_key; ERR_NOENT at the end. NULL: the type
	 * has no order. */
	int (*next_key)(struct map *map, const void *key, void *ret_key);
	/* Whether [addr, addr + size) lies inside one value that the map holds or has held. size is
	 * not 0. */
	bool (*contains)(const struct map *map, u64 addr, u32 size);
	/* Per-CPU types: the value of one CPU, which is less than map->cpus. An update that adds a
	 * key zeroes the other CPUs' values. One caller of update_cpu at a time for each CPU: who
	 * has leased that slot. */
	void *(*lookup_cpu)(struct map *map, const void *key, u32 cpu);
	int (*update_cpu)(struct map *map, const void *key, const void *value, u64 flags, u32 cpu);
	/* For programs that visit all elements while others change the map: the first element from
	 * *cursor (0: all) on, its key copied, its value of that CPU; *cursor goes behind it.
	 * ERR_NOENT at the end. What is in the map all the while comes once; what comes or goes
	 * meanwhile may come. NULL: programs may not. */
	int (*walk)(struct map *map, u32 cpu, u32 *cursor, void *ret_key, void **ret_value);
	/* Queues, stacks and the like: types without keys. pop and peek zero *ret_value when there
	 * is nothing (ERR_NOENT). */
	int (*push)(struct map *map, const void *value, u64 flags);
	int (*pop)(struct map *map, void *ret_value);
	int (*peek)(struct map *map, void *ret_value);
	/* The n-th value that pop would give; ERR_NOENT behind the last one. */
	int (*nth)(struct map *map, u32 n, void *ret_value);
	/* The application's view where it is another one: map_value_size() bytes. take removes what
	 * it reads. */
	int (*read)(struct map *map, const void *key, void *ret_value);
	int (*write)(struct map *map, const void *key, const void *value, u64 flags);
	int (*take)(struct map *map, const void *key, void *ret_value);
	int (*erase)(struct map *map, const void *key); /* NULL: remove does it */
	/* The memory that processes can share; NULL: none. */
	const struct os_shm *(*shm)(const struct map *map);
};

/* What all maps of one owner may take. */
struct map_account {
	u64 limit; /* bytes; 0: none */
	u64 used;  /* atomic */
};

struct map {
	struct core_object core; /* its id is what applications call the map */
	const struct map_ops *ops;
	struct prog_map def;	     /* names (but core.name) and initial contents are not kept */
	enum dialect dialect;	     /* decides where errors and limits differ */
	bool read_only;		     /* for programs */
	bool write_only;	     /* for programs */
	bool frozen;		     /* for applications; atomic */
	u32 write_views;	     /* atomic */
	u32 cpus;		     /* of per-CPU types; else 1 */
	struct map_account *account; /* may be NULL */
	u64 memory;		     /* bytes taken */
	struct epoch *epoch;	     /* of the programs that may hold it; NULL: there are none */
	struct epoch_item retired;
	struct map_provider *provider; /* of a type that others provide, map/custom.h */
	struct os_lock inner_lock;     /* maps of maps: of applications */
	/* Maps of maps: what an inner map has to be. type NULL: nothing fits. */
	struct prog_map inner;
};

struct map_options {
	size_t size; /* sizeof(struct map_options) */
	const struct prog_map *def;
	enum dialect dialect;
	u32 cpus;		      /* 0: 1 */
	u32 id;			      /* 0: none, or from a table of ids */
	const struct prog_map *inner; /* the template of a map of maps; NULL: none */
	struct map_account *account;  /* outlives the map; may be NULL */
	/* Which programs use the map: it is freed when none of them can hold it any more. Outlives
	 * the map; NULL: it is freed at once. */
	struct epoch *epoch;
	/* Of types that others provide, outlives the map; NULL: there is none. */
	struct map_provider *provider;
};

/* Checks the definition by its type's and dialect's rules and gives the initial contents;
 * ERR_NOTSUP for a type not implemented. */
int map_create(const struct map_options *options, struct map **ret_map,
	       struct error *err) MUST_CHECK;
/* The same for one CPU, without template and account. */
int map_new(const struct prog_map *def, enum dialect dialect, struct map **ret_map,
	    struct error *err) MUST_CHECK;
/* The creator's ownership ends, which was a user's (map/core_object.h); programs, maps of maps and
 * other users may still own it, and running programs use it. */
void map_free(struct map *map);
/* Ownership of programs and of maps of maps. */
void map_hold(struct map *map);
void map_drop(struct map *map); /* accepts NULL */

/* The value's address when the map has one from the start at index 0 (arrays), for LDDW_MAP_VALUE;
 * else NULL. */
void *map_direct_value(struct map *map);
/* Where an array's values are, per-CPU ones included; values is 0 for other types. */
struct prog_array map_array_of(const struct map *map);
/* What prog_binding.lookups has of it. */
u64 map_lookup_of(const struct map *map);

/* --- the application's side --------------------------------------------------------------------
 */

/* Bytes of a value as the functions below take it. */
size_t map_value_size(const struct map *map);
/* key is NULL for types without keys: then read is peek, write is push, and take is pop. */
int map_read(struct map *map, const void *key, void *ret_value) MUST_CHECK;
int map_write(struct map *map, const void *key, const void *value, u64 flags) MUST_CHECK;
int map_delete(struct map *map, const void *key) MUST_CHECK;
/* Reads and deletes in one step. */
int map_take(struct map *map, const void *key, void *ret_value) MUST_CHECK;
int map_next_key(struct map *map, const void *key, void *ret_key) MUST_CHECK;

/* Applications may not change the map any more; ERR_BUSY when they cannot already, ERR_PERM when
 * its flags have said so from the start. */
int map_freeze(struct map *map) MUST_CHECK;

/* Arrays with MAP_F_MMAPABLE and global sections as memory: one value after the other, each rounded
 * up to 8 bytes, at an address of the caller's own. What either side stores the other one sees.
 * ERR_INVAL: not such a map; ERR_ACCES: it is frozen, or its flags say no. While there are views
 * to write to, map_freeze is ERR_BUSY. */
int map_view_open(struct map *map, bool write, void **ret_view, u64 *ret_size) MUST_CHECK;
void map_view_close(struct map *map, bool write, void *view);

/* Many at a time. *count: room, then how many were done, also when the rest failed. keys and values
 * are one after the other. */
int map_write_batch(struct map *map, const void *keys, const void *values, u32 *count,
		    u64 flags) MUST_CHECK;
int map_delete_batch(struct map *map, const void *keys, u32 *count) MUST_CHECK;
/* From where in_cursor is (NULL: the beginning), which is what an earlier call put into ret_cursor:
 * map_cursor_size() bytes. take: deletes what it reads. ERR_NOENT: these were the last; ERR_NOSPC:
 * not even the next bucket of a hash has room. */
int map_read_batch(struct map *map, const void *in_cursor, void *ret_cursor, void *keys,
		   void *values, u32 *count, bool take) MUST_CHECK;
size_t map_cursor_size(const struct map *map);

/* --- arrays of programs, maps of maps ------------------------------------------------------------
 */

/* The array owns the programs in it until its last user is gone. ERR_RANGE outside, ERR_INVAL when
 * the map is no prog array. */
int prog_array_set(struct map *map, u32 index, struct core_object *prog) MUST_CHECK;
/* NULL: empty or outside. Without a reference: for those inside an epoch. */
struct core_object *prog_array_get(const struct map *map, u32 index);

/* Puts a map into a map of maps, which shares its ownership from then on; inner NULL takes it out.
 * ERR_INVAL when outer is no map of maps or inner is not as its template. Applications that read
 * such a map get the inner maps' ids. */
int map_set_inner(struct map *outer, const void *key, struct map *inner, u64 flags,
		  struct error *err) MUST_CHECK;
