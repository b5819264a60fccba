/* SPDX-License-Identifier: MIT */
/* The same random operations on a map of the Linux dialect and on one of the running kernel, by
 * bpf(2): results and values are the same. Skipped where that call is not ours to make. Batches are
 * in map_kernel_batch.c; bloom filters, maps of maps and of programs, frozen maps and mapped ones
 * in map_kernel_types.c. What differs and is left out here: the order of keys, what an LRU map
 * evicts when it is full, and that a kernel's targets of packets (interfaces, processors, sockets)
 * have to be there. A lookup's flags, which only a spin lock in the value allows in the kernel,
 * map_read does not have. */
#include "map_kernel.h"

/* Of a target: one that there is, or none; processors beyond those that there are lack in neither.
 */
static void make_target(const struct prog_map *def, u8 *key, u8 *value, u64 *random)
{
	u32 n = random_next(random) % 4, target = random_next(random) % 2;

	if (def->type->kind == MAP_KIND_CPUMAP) {
		n = n == 3 ? ROOM + n : 0;
		target = target == 0 ? 0 : random_next(random) % 4 == 0 ? 20000 : 16;
	}
	memcpy(key, &n, sizeof(n));
	memset(value, 0, 8);
	memcpy(value, &target, sizeof(target));
}

static bool is_target(enum map_kind kind)
{
	return kind == MAP_KIND_DEVMAP || kind == MAP_KIND_DEVMAP_HASH || kind == MAP_KIND_CPUMAP;
}

/* Whether the kernel knows the flag is its own affair: these all know. */
static bool step(struct map *map, int fd, u64 *random)
{
	u32 what = random_next(random) % 8;
	u64 flags = random_next(random) % 4;
	u8 key[32], value[BIG], ours[BIG], theirs[BIG];
	bool has_key = map->def.key_size != 0;
	const void *k = has_key ? key : NULL;
	size_t size = map_value_size(map);
	int r, want;

	make_key(&map->def, key, random);
	for (u32 i = 0; i < sizeof(value); i++)
		value[i] = (u8)random_next(random);
	if (is_target(map->def.type->kind))
		make_target(&map->def, key, value, random);
	/* Between the CPUs' values. */
	for (size_t cpu = 0; cpu * ((map->def.value_size + 7u) & ~7u) < size && map->cpus > 1;
	     cpu++)
		for (size_t i = map->def.value_size; i % 8 != 0; i++)
			value[cpu * ((map->def.value_size + 7u) & ~7u) + i] = 0;
	memset(ours, 0, sizeof(ours));
	memset(theirs, 0, sizeof(theirs));
	if (what < 3) {
		r = map_write(map, k, value, flags);
		want = kernel_do(UPDATE, fd, k, value, flags);
	} else if (what < 5) {
		r = has_key ? map_delete(map, k) : 0;
		want = has_key ? kernel_do(DELETE, fd, k, NULL, 0) : 0;
	} else if (what == 5) {
		r = map_take(map, k, ours);
		want = kernel_do(TAKE, fd, k, theirs, 0);
		/* Where a type cannot do it, the kernel's words for that differ. */
		if (r == ERR_NOTSUP && (want == -524 || want == -EINVAL || want == -EOPNOTSUPP))
			want = r;
	} else {
		r = map_read(map, k, ours);
		want = kernel_do(LOOKUP, fd, k, theirs, 0);
	}
	if (r == want && (r != 0 || memcmp(ours, theirs, size) == 0))
		return true;
	printf("# %s, operation %u, flags %llu: %d here, %d in the kernel\n", map->def.type->name,
	       what, flags, r, want);
	return false;
}

static const struct kernel_type types[] = {
	{ MAP_KIND_HASH, 4, 8, 0 },
	{ MAP_KIND_HASH, 5, 3, MAP_F_NO_PREALLOC },
	{ MAP_KIND_ARRAY, 4, 12, 0 },
	{ MAP_KIND_PERCPU_HASH, 8, 8, 0 },
	{ MAP_KIND_PERCPU_ARRAY, 4, 8, 0 },
	{ MAP_KIND_PERCPU_HASH, 4, 12, 0 },
	{ MAP_KIND_LRU_HASH, 4, 8, 0 },
	{ MAP_KIND_LRU_HASH, 5, 3, MAP_F_NO_COMMON_LRU },
	{ MAP_KIND_LRU_PERCPU_HASH, 4, 12, 0 },
	{ MAP_KIND_LPM_TRIE, 8, 8, MAP_F_NO_PREALLOC },
	{ MAP_KIND_QUEUE, 0, 8, 0 },
	{ MAP_KIND_STACK, 0, 12, 0 },
	{ MAP_KIND_DEVMAP, 4, 4, 0 },
	{ MAP_KIND_DEVMAP, 4, 8, 0 },
	{ MAP_KIND_DEVMAP_HASH, 4, 4, 0 },
	{ MAP_KIND_DEVMAP_HASH, 4, 8, 0 },
	{ MAP_KIND_CPUMAP, 4, 4, 0 },
};

/* Both have the same keys, in whatever order; of indices of targets, also those without one. */
static bool same_keys(struct map *map, int fd)
{
	u8 key[32], next[32], value[BIG];
	u32 ours = 0, theirs = 0;

	for (int r = map_next_key(map, NULL, next); r == 0; r = map_next_key(map, key, next)) {
		memcpy(key, next, sizeof(key));
		if (!is_target(map->def.type->kind) && kernel_do(LOOKUP, fd, key, value, 0) != 0)
			return false;
		ours++;
	}
	for (int r = kernel_do(NEXT, fd, NULL, next, 0); r == 0;
	     r = kernel_do(NEXT, fd, key, next, 0)) {
		memcpy(key, next, sizeof(key));
		theirs++;
	}
	return ours == theirs;
}

static void as_the_kernel(void)
{
	struct pair p = { .fd = -1 };
	u64 random = 271828;

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		CHECK_EQ(open_type(&types[i], ROOM, 256, &p), 0);
		/* Targets that go wait for the kernel's readers. */
		for (u32 n = 0; n < (is_target(types[i].kind) ? 200u : 5000u); n++)
			CHECK(step(p.map, p.fd, &random));
		CHECK(types[i].key_size == 0 || same_keys(p.map, p.fd));
		close_pair(&p);
	}
out:
	close_pair(&p);
}

/* Definitions: both take them or both do not. */
static void definitions(void)
{
	static const enum map_kind kinds[] = {
		MAP_KIND_HASH,	      MAP_KIND_ARRAY,	MAP_KIND_LRU_HASH,     MAP_KIND_LPM_TRIE,
		MAP_KIND_QUEUE,	      MAP_KIND_RINGBUF, MAP_KIND_PERCPU_ARRAY, MAP_KIND_DEVMAP,
		MAP_KIND_DEVMAP_HASH, MAP_KIND_CPUMAP,	MAP_KIND_XSKMAP
	};
	static const u32 sizes[] = { 0, 1, 4, 5, 8, 260, 512 };
	static const u32 counts[] = { 0, 1, 4096, 4097 };
	static const u32 flags[] = { 0, 1, 2, 0x40, 0x80, 0x180, 0x18, 0x400, 0x10000000 };
	struct map *map = NULL;
	u32 differ = 0;

	for (u32 n = 0; n < ARRAY_COUNT(kinds) * 7 * 7 * 4 * 9; n++) {
		u32 rest = n / ARRAY_COUNT(kinds);
		struct prog_map def = map_def(kinds[n % ARRAY_COUNT(kinds)], sizes[rest % 7],
					      sizes[rest / 7 % 7], counts[rest / 49 % 4]);
		int fd, r;

		def.flags = flags[rest / 196 % 9];
		fd = kernel_create(&def);
		r = map_new(&def, DIALECT_LINUX, &map, NULL);
		if (fd >= 0)
			close(fd);
		if ((fd >= 0) != (r == 0)) {
			printf("# %s: key %u, value %u, %u entries, flags 0x%x: %d here, %d in the "
			       "kernel\n",
			       def.type->name, def.key_size, def.value_size, def.max_entries,
			       def.flags, r, fd);
			differ++;
		}
		map_free(map);
		map = NULL;
	}
	CHECK_EQ(differ, 0);
out:
	map_free(map);
}

static const struct tap_test tests[] = { TAP_TEST(as_the_kernel), TAP_TEST(definitions) };

int main(int argc, char **argv)
{
	return kernel_main(tests, ARRAY_COUNT(tests), argc, argv);
}
