/* SPDX-License-Identifier: MIT */
/* Types of maps whose values are not plain, in the Linux dialect and in the running kernel, by
 * bpf(2): bloom filters, maps of maps, arrays of programs; what maps that only some may read or
 * write, or that are frozen, refuse; memory of arrays that is mapped. What differs:
 * - what a bloom filter takes for there that was not pushed: chance decides in both, and both are
 * to be wrong seldom;
 * - maps and programs are put into their maps by map_set_inner and prog_array_set, not by file
 *   descriptor: these find no bad one; the latter says ERR_RANGE outside, and nothing when there
 *   was no program to take out;
 * - types' words for what they cannot do: ENOTSUPP, EOPNOTSUPP or EINVAL there, ERR_NOTSUP or
 *   ERR_INVAL here;
 * - an array of events has rings for each processor here, so that applications put nothing into it
 *   and find nothing in it; in the kernel they put in what they opened;
 * - a map of sockets takes a number for a socket, where the kernel wants one that there is;
 * - a map that is frozen already is ERR_BUSY to map_freeze, as it was in older kernels: EPERM;
 * - map_view_open is ERR_ACCES where mmap(2) is EACCES or, of a frozen map, EPERM.
 * Without a program nothing gets into a ring: of those, what is refused is compared, and its
 * definition in map_kernel. */
#include <sys/mman.h>
#include <sys/wait.h>
#undef MAP_TYPE /* a mask of its flags; a row of a table of ours */

#include "map_kernel.h"

/* --- bloom filters --- */

static void bloom(void)
{
	struct pair p = { .fd = -1 };
	u64 random = 141421;

	for (u32 extra = 0; extra < 16; extra += 5) {
		struct prog_map def = map_def(MAP_KIND_BLOOM_FILTER, 0, 12, 300);
		u32 wrong = 0, wrong_there = 0;

		def.extra = extra;
		CHECK_EQ(open_pair(&def, &p), 0);
		for (u32 n = 0; n < 300; n++) {
			u32 value[3] = { n, random_next(&random), extra };
			u32 flags = n % 4 != 0 ? 0 : random_next(&random) % 16;
			int r = map_write(p.map, NULL, value, flags);

			CHECK_EQ(r, kernel_do(UPDATE, p.fd, NULL, value, flags));
			CHECK_EQ(r, flags == 0 ? 0 : ERR_INVAL);
			if (r != 0)
				continue;
			CHECK_EQ(map_read(p.map, NULL, value), 0);
			CHECK_EQ(kernel_do(LOOKUP, p.fd, NULL, value, 0), 0);
		}
		for (u32 n = 0; n < 1000; n++) {
			u32 value[3] = { n + 300, random_next(&random), extra };
			int r = map_read(p.map, NULL, value);
			int want = kernel_do(LOOKUP, p.fd, NULL, value, 0);

			CHECK(r == 0 || r == ERR_NOENT);
			CHECK(want == 0 || want == -ENOENT);
			wrong += r == 0;
			wrong_there += want == 0;
		}
		CHECK(wrong < 150 && wrong_there < 150);
		close_pair(&p);
	}
out:
	close_pair(&p);
}

/* What is asked of a type beside its sizes. */
static void extras(void)
{
	static const enum map_kind kinds[] = { MAP_KIND_BLOOM_FILTER, MAP_KIND_HASH,
					       MAP_KIND_ARRAY,	      MAP_KIND_PERCPU_ARRAY,
					       MAP_KIND_LRU_HASH,     MAP_KIND_PROG_ARRAY,
					       MAP_KIND_QUEUE,	      MAP_KIND_DEVMAP };
	static const u64 all[] = { 0, 1, 15, 16, 17, 1ull << 32, ~0ull };
	struct pair p = { .fd = -1 };

	for (u32 n = 0; n < ARRAY_COUNT(kinds) * ARRAY_COUNT(all); n++) {
		enum map_kind kind = kinds[n % ARRAY_COUNT(kinds)];
		bool has_key = kind != MAP_KIND_BLOOM_FILTER && kind != MAP_KIND_QUEUE;
		struct prog_map def = map_def(kind, has_key ? 4 : 0, 4, 8);
		struct map_options options = { .size = sizeof(options),
					       .def = &def,
					       .dialect = DIALECT_LINUX };
		int r;

		def.extra = all[n / ARRAY_COUNT(kinds)];
		r = map_create(&options, &p.map, NULL);
		p.fd = kernel_create(&def);
		CHECK_EQ(r, MIN(p.fd, 0));
		close_pair(&p);
	}
out:
	close_pair(&p);
}

/* --- maps of maps --- */

#define INNER 5 /* the last of another shape */

struct of_maps {
	struct pair outer, inner[INNER];
	u64 random;
};

static void close_of_maps(struct of_maps *o)
{
	close_pair(&o->outer);
	for (u32 i = 0; i < INNER; i++)
		close_pair(&o->inner[i]);
}

static int open_of_maps(struct of_maps *o, enum map_kind kind, enum map_kind inner_kind)
{
	struct prog_map outer = map_def(kind, 4, 4, 3), inner = map_def(inner_kind, 4, 8, 4);
	struct map_options options = {
		.size = sizeof(options), .def = &outer, .dialect = DIALECT_LINUX, .inner = &inner
	};
	int r;

	for (u32 i = 0; i < INNER; i++) {
		struct prog_map def = inner;

		def.value_size = i == INNER - 1 ? 16 : 8;
		/* The kernel compares lengths of arrays only. */
		def.max_entries = i == INNER - 2 ? 5 : 4;
		r = open_pair(&def, &o->inner[i]);
		if (r != 0)
			return r;
		o->inner[i].map->core.id = kernel_id(o->inner[i].fd);
		if (o->inner[i].map->core.id == 0)
			return ERR_NOENT;
	}
	r = map_create(&options, &o->outer.map, NULL);
	o->outer.fd = kernel_create_of(&outer, o->inner[0].fd);
	return o->outer.fd < 0 ? o->outer.fd : r;
}

static bool of_maps_step(struct of_maps *o)
{
	u32 what = random_next(&o->random) % 8, key = random_next(&o->random) % 5;
	u64 flags = random_next(&o->random) % 8 < 5 ? 0 : random_next(&o->random) % 5;
	u32 ours = 0, theirs = 0;
	const struct pair *inner = &o->inner[random_next(&o->random) % INNER];
	int r, want;

	if (what < 4) {
		r = map_set_inner(o->outer.map, &key, inner->map, flags, NULL);
		theirs = (u32)inner->fd;
		want = kernel_do(UPDATE, o->outer.fd, &key, &theirs, flags);
		theirs = 0;
	} else if (what == 4) {
		r = map_delete(o->outer.map, &key);
		want = kernel_do(DELETE, o->outer.fd, &key, NULL, 0);
	} else if (what == 5) {
		r = map_take(o->outer.map, &key, &ours);
		want = kernel_do(TAKE, o->outer.fd, &key, &theirs, 0);
	} else {
		r = map_read(o->outer.map, &key, &ours);
		want = kernel_do(LOOKUP, o->outer.fd, &key, &theirs, 0);
	}
	if (kernel_same_error(r, want) && ours == theirs)
		return true;
	printf("# %s of %s, operation %u, key %u, flags %llu, inner map %d: %d, %u here, %d, %u in "
	       "the kernel\n",
	       o->outer.map->def.type->name, inner->map->def.type->name, what, key, flags,
	       (int)(inner - o->inner), r, ours, want, theirs);
	return false;
}

/* All ids by batches, in sum. */
static u64 sum_of_ids(struct of_maps *o, bool here)
{
	u32 in, out = 0, keys[4], values[4]; /* all of a bucket */
	u64 sum = 0;
	int r = 0;

	for (u32 n = 0; n < 20 && r == 0; n++) {
		u32 count = 4;
		struct batch_attr attr = { .in_cursor = n == 0 ? 0 : (u64)(uintptr_t)&in,
					   .out_cursor = (u64)(uintptr_t)&out,
					   .keys = (u64)(uintptr_t)keys,
					   .values = (u64)(uintptr_t)values,
					   .count = 4,
					   .fd = (u32)o->outer.fd };

		r = here ? map_read_batch(o->outer.map, n == 0 ? NULL : &in, &out, keys, values,
					  &count, false)
			 : kernel_batch(LOOKUP_BATCH, &attr);
		if (!here)
			count = attr.count;
		for (u32 i = 0; i < count && i < 4; i++)
			sum += ((u64)keys[i] + 1) * values[i];
		in = out;
	}
	return r == ERR_NOENT ? sum : ~0ull;
}

static bool run_of_maps(u32 n, u32 steps)
{
	static const enum map_kind kinds[] = { MAP_KIND_ARRAY_OF_MAPS, MAP_KIND_HASH_OF_MAPS };
	static const enum map_kind inner[] = { MAP_KIND_ARRAY, MAP_KIND_HASH };
	struct of_maps o = { .random = 577215 + n, .outer.fd = -1 };
	bool same;

	for (u32 i = 0; i < INNER; i++)
		o.inner[i].fd = -1;
	same = open_of_maps(&o, kinds[n % 2], inner[n / 2 % 2]) == 0;
	for (u32 i = 0; i < 4; i++)
		random_next(&o.random);
	for (u32 k = 0; same && k < steps; k++)
		same = of_maps_step(&o);
	same = same && sum_of_ids(&o, true) != ~0ull &&
	       sum_of_ids(&o, true) == sum_of_ids(&o, false);
	close_of_maps(&o);
	return same;
}

/* Each change waits for the kernel's readers, 20 ms and more: many wait at a time. */
static void of_maps(void)
{
	const char *wanted = getenv("ORIEL_KERNEL_STEPS");
	u32 steps = wanted == NULL ? 20 : (u32)atoi(wanted);
	pid_t pids[32];
	u32 started = 0, good = 0;

	fflush(stdout);
	for (; started < ARRAY_COUNT(pids); started++) {
		pids[started] = fork();
		if (pids[started] < 0)
			break;
		if (pids[started] == 0) {
			bool same;

			mem_fail_at(0);
			same = run_of_maps(started, steps);
			fflush(stdout);
			_exit(same ? 0 : 1);
		}
	}
	for (u32 i = 0; i < started; i++) {
		int status;

		good += waitpid(pids[i], &status, 0) == pids[i] && status == 0;
	}
	CHECK_EQ(started, ARRAY_COUNT(pids));
	CHECK_EQ(good, ARRAY_COUNT(pids));
out:
	return;
}

/* --- arrays of programs --- */

static int load_prog(void)
{
	static const u64 insns[] = { 0xb7, 0x95 }; /* r0 = 0; exit */
	struct {
		u32 type, count;
		u64 insns, license;
		u64 rest[13];
	} attr = { .type = 1,
		   .count = 2,
		   .insns = (u64)(uintptr_t)insns,
		   .license = (u64)(uintptr_t) "MIT" };
	long fd = syscall(SYS_bpf, PROG_LOAD, &attr, 48);

	return fd < 0 ? -errno : (int)fd;
}

static void no_release(UNUSED struct core_object *object) {}

static void prog_array(void)
{
	struct prog_map def = map_def(MAP_KIND_PROG_ARRAY, 4, 4, 6);
	struct pair p = { .fd = -1 };
	struct core_object progs[3];
	int fds[3] = { -1, -1, -1 }, r, want;
	u64 random = 161803;

	for (u32 i = 0; i < 3; i++) {
		fds[i] = load_prog();
		CHECK(fds[i] >= 0);
		core_object_init(&progs[i], CORE_PROG, NULL, no_release);
		progs[i].id = kernel_id(fds[i]);
		CHECK(progs[i].id != 0);
	}
	CHECK_EQ(open_pair(&def, &p), 0);
	for (u32 n = 0; n < 300; n++) {
		u32 key = random_next(&random) % 8, i = random_next(&random) % 3;
		u32 ours = 0, theirs = (u32)fds[i];

		switch (random_next(&random) % 4) {
		case 0:
			r = prog_array_set(p.map, key, &progs[i]);
			want = kernel_do(UPDATE, p.fd, &key, &theirs, 0);
			CHECK_EQ(r == ERR_RANGE ? ERR_TOOBIG : r, want);
			break;
		case 1:
			r = prog_array_get(p.map, key) == NULL && key < 6 ? ERR_NOENT : 0;
			if (r == 0)
				r = prog_array_set(p.map, key, NULL);
			want = kernel_do(DELETE, p.fd, &key, NULL, 0);
			CHECK_EQ(r == ERR_RANGE ? ERR_TOOBIG : r, want);
			break;
		case 2:
			theirs = 0;
			r = map_take(p.map, &key, &ours);
			CHECK(kernel_same_error(r, kernel_do(TAKE, p.fd, &key, &theirs, 0)));
			break;
		default:
			theirs = 0;
			r = map_read(p.map, &key, &ours);
			CHECK_EQ(r, kernel_do(LOOKUP, p.fd, &key, &theirs, 0));
			CHECK_EQ(ours, theirs);
			r = map_next_key(p.map, &key, &ours);
			CHECK_EQ(r, kernel_do(NEXT, p.fd, &key, &theirs, 0));
			CHECK(r != 0 || ours == theirs);
		}
	}
out:
	close_pair(&p);
	for (u32 i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* --- what is refused --- */

static bool same_refusal(int r, int want)
{
	bool none = r == ERR_NOTSUP || r == ERR_INVAL;
	bool none_there = want == -524 || want == -EOPNOTSUPP || want == -EINVAL;

	return r == want || (none && none_there);
}

/* One operation, with key 0 and value 1; 5 to 8: batches of one. */
static int try_here(struct map *map, u32 what)
{
	u8 key[8] = { 0 }, value[64 * 8] = { 1 }, cursor[8];
	const void *k = map->def.key_size == 0 ? NULL : key;
	u32 count = 1;

	switch (what) {
	case 0: return map_read(map, k, value);
	case 1: return map_write(map, k, value, 0);
	case 2: return map_delete(map, k);
	case 3: return map_next_key(map, NULL, cursor);
	case 4: return map_take(map, k, value);
	case 5: return map_read_batch(map, NULL, cursor, key, value, &count, false);
	case 6: return map_read_batch(map, NULL, cursor, key, value, &count, true);
	case 7: return map_write_batch(map, key, value, &count, 0);
	default: return map_delete_batch(map, key, &count);
	}
}

static int try_there(const struct prog_map *def, int fd, u32 what)
{
	static const enum bpf_cmd cmds[] = { LOOKUP,	 UPDATE,       DELETE,
					     NEXT,	 TAKE,	       LOOKUP_BATCH,
					     TAKE_BATCH, UPDATE_BATCH, DELETE_BATCH };
	u8 key[8] = { 0 }, value[64 * 8] = { 1 }, cursor[8];
	struct batch_attr attr = { .out_cursor = (u64)(uintptr_t)cursor,
				   .keys = (u64)(uintptr_t)key,
				   .values = (u64)(uintptr_t)value,
				   .count = 1,
				   .fd = (u32)fd };

	if (what > 4)
		return kernel_batch(cmds[what], &attr);
	return kernel_do(cmds[what], fd, def->key_size == 0 || what == 3 ? NULL : key,
			 what == 2 ? NULL : value, 0);
}

static const struct {
	enum map_kind kind;
	u32 key_size, value_size, count, flags;
	bool batches;
	u32 differ; /* operations, bits by number, that the file's head lists */
} types[] = {
	{ MAP_KIND_HASH, 4, 8, 8, 0, true, 0 },
	{ MAP_KIND_ARRAY, 4, 8, 8, 0, true, 0 },
	{ MAP_KIND_PERCPU_HASH, 4, 8, 8, 0, true, 0 },
	{ MAP_KIND_PERCPU_ARRAY, 4, 8, 8, 0, true, 0 },
	{ MAP_KIND_LRU_HASH, 4, 8, 8, 0, true, 0 },
	{ MAP_KIND_LPM_TRIE, 8, 8, 8, MAP_F_NO_PREALLOC, true, 0 },
	{ MAP_KIND_QUEUE, 0, 8, 8, 0, false, 0 },
	{ MAP_KIND_STACK, 0, 8, 8, 0, false, 0 },
	{ MAP_KIND_BLOOM_FILTER, 0, 8, 8, 0, false, 0 },
	{ MAP_KIND_DEVMAP, 4, 4, 8, 0, false, 0 },
	{ MAP_KIND_DEVMAP_HASH, 4, 4, 8, 0, false, 0 },
	{ MAP_KIND_CPUMAP, 4, 4, 2, 0, false, 0 },
	{ MAP_KIND_XSKMAP, 4, 4, 8, 0, false, 0x2 },
	{ MAP_KIND_PERF_EVENT_ARRAY, 4, 4, 8, 0, false, 0xf },
	{ MAP_KIND_RINGBUF, 0, 0, 4096, 0, false, 0 },
};

/* Writable by none, readable by none, or frozen; batches where both have them. */
static void refused(void)
{
	static const u32 modes[] = { 0, MAP_F_RDONLY, MAP_F_WRONLY, 0 };
	struct pair p = { .fd = -1 };
	u32 differ = 0;
	int opened;

	for (u32 n = 0; n < ARRAY_COUNT(types) * 4; n++) {
		u32 i = n / 4;
		struct prog_map def = map_def(types[i].kind, types[i].key_size, types[i].value_size,
					      types[i].count);

		def.flags = types[i].flags | modes[n % 4];
		/* Some know no such flags, and say so in both. */
		opened = open_pair(&def, &p);
		if (n % 4 != 0 && p.map == NULL && p.fd == -EINVAL)
			continue;
		CHECK_EQ(opened, 0);
		if (n % 4 != 0) {
			int want;

			CHECK_EQ(map_freeze(p.map), kernel_freeze(p.fd));
			want = kernel_freeze(p.fd);
			CHECK_EQ(map_freeze(p.map),
				 want == -EPERM && modes[n % 4] != MAP_F_RDONLY ? ERR_BUSY : want);
		}
		for (u32 what = 0; what < (types[i].batches ? 9u : 5u); what++) {
			int r = try_here(p.map, what), want = try_there(&def, p.fd, what);

			if (same_refusal(r, want) || (types[i].differ & 1u << what) != 0)
				continue;
			printf("# %s, flags 0x%x, %s, operation %u: %d here, %d in the kernel\n",
			       def.type->name, def.flags, n % 4 != 0 ? "frozen" : "fresh", what, r,
			       want);
			differ++;
		}
		close_pair(&p);
	}
	CHECK_EQ(differ, 0);
out:
	close_pair(&p);
}

/* --- memory --- */

static void views(void)
{
	struct prog_map def = map_def(MAP_KIND_ARRAY, 4, 12, 600);
	struct pair p = { .fd = -1 };
	void *ours = NULL, *theirs = MAP_FAILED;
	u64 size = 0, random = 662607;
	u8 a[12], b[12];

	def.flags = MAP_F_MMAPABLE;
	CHECK_EQ(open_pair(&def, &p), 0);
	CHECK_EQ(map_view_open(p.map, true, &ours, &size), 0);
	theirs = mmap(NULL, 600 * 16, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
	CHECK(theirs != MAP_FAILED && size >= 600 * 16);
	for (u32 n = 0; n < 1000; n++) {
		u32 key = random_next(&random) % 600, value[3] = { random_next(&random), n, key };

		if (n % 2 == 0) {
			memcpy((u8 *)ours + key * 16, value, 12);
			memcpy((u8 *)theirs + key * 16, value, 12);
		} else {
			CHECK_EQ(map_write(p.map, &key, value, 0), 0);
			CHECK_EQ(kernel_do(UPDATE, p.fd, &key, value, 0), 0);
		}
		CHECK_EQ(map_read(p.map, &key, a), 0);
		CHECK_EQ(kernel_do(LOOKUP, p.fd, &key, b, 0), 0);
		CHECK(memcmp(a, b, 12) == 0 && memcmp(a, value, 12) == 0);
	}
	CHECK(memcmp(ours, theirs, 600 * 16) == 0);
	CHECK_EQ(map_freeze(p.map), ERR_BUSY);
	CHECK_EQ(kernel_freeze(p.fd), -EBUSY);
	map_view_close(p.map, true, ours);
	ours = NULL;
	munmap(theirs, 600 * 16);
	theirs = MAP_FAILED;
	CHECK_EQ(map_freeze(p.map), kernel_freeze(p.fd));
	CHECK_EQ(map_view_open(p.map, true, &ours, &size), ERR_ACCES);
	theirs = mmap(NULL, 600 * 16, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
	CHECK(theirs == MAP_FAILED && errno == EPERM);
out:
	if (ours != NULL)
		map_view_close(p.map, true, ours);
	if (theirs != MAP_FAILED)
		munmap(theirs, 600 * 16);
	close_pair(&p);
}

static const struct tap_test tests[] = { TAP_TEST(bloom),      TAP_TEST(extras),  TAP_TEST(of_maps),
					 TAP_TEST(prog_array), TAP_TEST(refused), TAP_TEST(views) };

int main(int argc, char **argv)
{
	return kernel_main(tests, ARRAY_COUNT(tests), argc, argv);
}
