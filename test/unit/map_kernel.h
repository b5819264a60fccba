/* SPDX-License-Identifier: MIT */
/* The running kernel's maps, by bpf(2), for tests that compare ours with them. */
#pragma once

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "map_random.h"

/* The call's commands and attributes; linux/bpf.h has other things by our names. */
enum bpf_cmd {
	CREATE = 0,
	LOOKUP = 1,
	UPDATE = 2,
	DELETE = 3,
	NEXT = 4,
	PROG_LOAD = 5,
	INFO = 15,
	TAKE = 21,
	FREEZE = 22,
	LOOKUP_BATCH = 24,
	TAKE_BATCH = 25,
	UPDATE_BATCH = 26,
	DELETE_BATCH = 27,
};

struct create_attr {
	u32 map_type, key_size, value_size, max_entries, map_flags, inner_fd;
	u32 rest[10];
	u64 extra;
	u64 more[7];
};

struct elem_attr {
	u32 fd, pad;
	u64 key, value, flags;
	u64 rest[12];
};

static inline int kernel_create_of(const struct prog_map *def, int inner_fd)
{
	struct create_attr attr = { .map_type = def->type->linux_,
				    .key_size = def->key_size,
				    .value_size = def->value_size,
				    .max_entries = def->max_entries,
				    .map_flags = def->flags,
				    .inner_fd = (u32)inner_fd,
				    .extra = def->extra };
	long fd = syscall(SYS_bpf, CREATE, &attr, 72);

	return fd < 0 ? -errno : (int)fd;
}

static inline int kernel_create(const struct prog_map *def)
{
	return kernel_create_of(def, 0);
}

static inline int kernel_do(enum bpf_cmd cmd, int fd, const void *key, void *value, u64 flags)
{
	struct elem_attr attr = { .fd = (u32)fd,
				  .key = (u64)(uintptr_t)key,
				  .value = (u64)(uintptr_t)value,
				  .flags = flags };

	return syscall(SYS_bpf, cmd, &attr, 32) < 0 ? -errno : 0;
}

struct batch_attr {
	u64 in_cursor, out_cursor, keys, values;
	u32 count, fd;
	u64 elem_flags, flags;
	u64 rest[8];
};

static inline int kernel_batch(enum bpf_cmd cmd, struct batch_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, 56) < 0 ? -errno : 0;
}

static inline int kernel_freeze(int fd)
{
	u32 attr[32] = { (u32)fd };

	return syscall(SYS_bpf, FREEZE, attr, 4) < 0 ? -errno : 0;
}

/* The id of a map or a program, which its structure has second; 0: none. */
static inline u32 kernel_id(int fd)
{
	u32 info[2] = { 0 };
	struct {
		u32 fd, size;
		u64 info;
		u64 rest[14];
	} attr = { .fd = (u32)fd, .size = sizeof(info), .info = (u64)(uintptr_t)info };

	return syscall(SYS_bpf, INFO, &attr, 16) < 0 ? 0 : info[1];
}

/* The kernel has several words for what a type cannot do. */
static inline bool kernel_same_error(int r, int want)
{
	return r == want || (r == ERR_NOTSUP && (want == -524 || want == -EINVAL));
}

#define ROOM 20 /* entries; keys are a few more */
#define BIG  (64 * 16)

/* Keys that hit and miss; of prefixes, lengths and bits. */
static inline void make_key(const struct prog_map *def, u8 *key, u64 *random)
{
	u32 n = random_next(random) % (ROOM + 8);

	memset(key, 0, def->key_size);
	if (def->type->kind == MAP_KIND_LPM_TRIE) {
		u32 len = random_next(random) % 34, bits = random_next(random);

		memcpy(key, &len, sizeof(len));
		key[4] = (u8)(bits & 3);
		key[5] = (u8)(bits & 4 ? 0xff : 0);
		key[7] = (u8)(bits >> 8 & 1);
		return;
	}
	memcpy(key, &n, MIN(def->key_size, 4u));
}

/* The kernel's count of values, from how a file of its own tells it: 0-3, or 0. */
static inline u32 kernel_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned first = 0, last = 0;
	int got;

	if (file == NULL)
		return 0;
	got = fscanf(file, "%u-%u", &first, &last);
	fclose(file);
	return got == 2 && first == 0 ? last + 1 : got == 1 ? 1 : 0;
}

/* A map here and one in the kernel, of the same definition. */
struct pair {
	struct map *map;
	int fd;	    /* below 0: none */
	u64 random; /* the test's */
};

static inline int open_pair(const struct prog_map *def, struct pair *ret_pair)
{
	struct map_options options = {
		.size = sizeof(options), .def = def, .dialect = DIALECT_LINUX, .cpus = kernel_cpus()
	};
	int r = map_create(&options, &ret_pair->map, NULL);

	ret_pair->fd = kernel_create(def);
	return ret_pair->fd < 0 ? ret_pair->fd : r;
}

/* A row of a test's table. */
struct kernel_type {
	enum map_kind kind;
	u32 key_size, value_size, flags;
};

/* For room keys. An LRU map has spare times as much: a kernel evicts before it has to. */
static inline int open_type(const struct kernel_type *type, u32 room, u32 spare,
			    struct pair *ret_pair)
{
	bool is_lru = type->kind == MAP_KIND_LRU_HASH || type->kind == MAP_KIND_LRU_PERCPU_HASH;
	struct prog_map def =
		map_def(type->kind, type->key_size, type->value_size, is_lru ? room * spare : room);

	def.flags = type->flags;
	return open_pair(&def, ret_pair);
}

static inline void close_pair(struct pair *pair)
{
	if (pair->fd >= 0)
		close(pair->fd);
	map_free(pair->map);
	pair->map = NULL;
	pair->fd = -1;
}

/* Skips the tests where the call is not ours to make. */
static inline int kernel_main(const struct tap_test *tests, size_t count, int argc, char **argv)
{
	struct prog_map def = map_def(MAP_KIND_HASH, 4, 8, 4);
	int fd = kernel_create(&def);

	if (fd < 0 || kernel_cpus() == 0 || kernel_cpus() > 64) {
		printf("1..0 # SKIP bpf(2): %s\n", fd < 0 ? strerror(-fd) : "too many CPUs");
		return 77;
	}
	close(fd);
	return tap_main(tests, count, argc > 1 ? argv[1] : NULL);
}
