/* SPDX-License-Identifier: MIT */
/* Helpers on the map types that are more than a table: per CPU, of maps, without keys, rings. */
#include "runtime_hand.h"

#include "map/perf_array.h"
#include "map/ringbuf.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

enum { PERCPU, QUEUE, RING, PERF, OUTER, INNER, ARRAY, MAPS };

static const struct prog_map *test_maps(void)
{
	static const struct prog_map_value values[] = {
		{ .index = 1, .map = INNER, .prog = PROG_NO_INDEX, .name = "inner" }
	};
	static struct prog_map maps[MAPS];

	maps[PERCPU] = (struct prog_map){ .name = "percpu",
					  .type = map_type(MAP_KIND_PERCPU_HASH),
					  .key_size = 4,
					  .value_size = 8,
					  .max_entries = 8 };
	maps[QUEUE] = (struct prog_map){
		.name = "queue", .type = map_type(MAP_KIND_QUEUE), .value_size = 8, .max_entries = 2
	};
	maps[RING] = (struct prog_map){ .name = "ring",
					.type = map_type(MAP_KIND_RINGBUF),
					.max_entries = 4096 };
	maps[PERF] = (struct prog_map){ .name = "perf",
					.type = map_type(MAP_KIND_PERF_EVENT_ARRAY),
					.key_size = 4,
					.value_size = 4,
					.max_entries = 4096 };
	maps[OUTER] = (struct prog_map){ .name = "outer",
					 .type = map_type(MAP_KIND_ARRAY_OF_MAPS),
					 .key_size = 4,
					 .value_size = 4,
					 .max_entries = 4,
					 .inner = INNER,
					 .values = values,
					 .value_count = 1 };
	maps[INNER] = (struct prog_map){ .name = "inner",
					 .type = map_type(MAP_KIND_HASH),
					 .key_size = 4,
					 .value_size = 8,
					 .max_entries = 8 };
	maps[ARRAY] = (struct prog_map){ .name = "array",
					 .type = map_type(MAP_KIND_ARRAY),
					 .key_size = 4,
					 .value_size = 8,
					 .max_entries = 1 };
	return maps;
}

static u64 deref(u64 addr)
{
	return addr == 0 ? ~0ull : *(const u64 *)(uintptr_t)addr;
}

static void per_cpu(void)
{
	struct hand h = { 0 };
	u64 all[4], map, key;
	u32 k = 1;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	map = map_of(&h, PERCPU);
	key = key_of(&h, 1);
	h.run->inv.exec.slot = 2;
	CHECK_EQ(call(&h, 2, map, key, value_of(&h, 22), 0, 0), 0);
	CHECK_EQ(deref(call(&h, 1, map, key, 0, 0, 0)), 22);
	h.run->inv.exec.slot = 3;
	CHECK_EQ(deref(call(&h, 1, map, key, 0, 0, 0)), 0);
	CHECK_EQ(call(&h, 2, map, key, value_of(&h, 33), 2, 0), 0);
	CHECK_EQ(deref(call(&h, 195, map, key, 2, 0, 0)), 22);
	CHECK_EQ(deref(call(&h, 195, map, key, 3, 0, 0)), 33);
	CHECK_EQ(call(&h, 195, map, key, 4, 0, 0), 0);
	CHECK_EQ(call(&h, 195, map_of(&h, ARRAY), key, 0, 0, 0), 0);
	CHECK_EQ(map_read(runtime_map(h.rt, PERCPU), &k, all), 0);
	CHECK(all[0] == 0 && all[1] == 0 && all[2] == 22 && all[3] == 33);
	/* What it was given it may touch. */
	CHECK(exec_may_access(&h.run->inv.exec, call(&h, 1, map, key, 0, 0, 0), 8, true));
	CHECK_EQ(runtime_cpus(h.rt), 4);
out:
	hand_fini(&h);
}

/* Numbers and results in one dialect and in the other. */
static void keyless(void)
{
	struct hand h = { 0 };

	for (int w = 0; w < 2; w++) {
		u32 push = w ? 16 : 87, pop = w ? 17 : 88, peek = w ? 18 : 89;
		u64 none = (u64)(w ? -7 : -2), full = (u64)(w ? -29 : -7);
		u64 inval = (u64)(w ? -6 : -22), map, array;

		CHECK_EQ(hand_new(&h, w ? W : L, test_maps(), MAPS), 0);
		map = map_of(&h, QUEUE);
		array = map_of(&h, ARRAY);
		CHECK_EQ(call(&h, pop, map, value_of(&h, 5), 0, 0, 0), none);
		CHECK_EQ(deref((u64)(uintptr_t)h.run->stack + 8), 0);
		CHECK_EQ(call(&h, peek, map, value_of(&h, 5), 0, 0, 0), none);
		CHECK_EQ(call(&h, push, map, value_of(&h, 1), 0, 0, 0), 0);
		CHECK_EQ(call(&h, push, map, value_of(&h, 2), 0, 0, 0), 0);
		CHECK_EQ(call(&h, push, map, value_of(&h, 3), 0, 0, 0), full);
		CHECK_EQ(call(&h, push, map, value_of(&h, 3), 1, 0, 0), inval);
		CHECK_EQ(call(&h, push, map, value_of(&h, 3), 2, 0, 0), 0);
		CHECK_EQ(call(&h, peek, map, value_of(&h, 0), 0, 0, 0), 0);
		CHECK_EQ(deref((u64)(uintptr_t)h.run->stack + 8), 2);
		CHECK_EQ(call(&h, pop, map, value_of(&h, 0), 0, 0, 0), 0);
		CHECK_EQ(call(&h, pop, map, value_of(&h, 0), 0, 0, 0), 0);
		CHECK_EQ(deref((u64)(uintptr_t)h.run->stack + 8), 3);
		CHECK_EQ(call(&h, push, array, value_of(&h, 1), 0, 0, 0), inval);
		CHECK_EQ(call(&h, pop, array, value_of(&h, 1), 0, 0, 0), inval);
		CHECK_EQ(call(&h, peek, array, value_of(&h, 1), 0, 0, 0), inval);
		CHECK_EQ(fault_of(&h), 0);
		call(&h, pop, map, 64, 0, 0, 0);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
		call(&h, push, 64, value_of(&h, 1), 0, 0, 0);
		CHECK_EQ(fault_of(&h), ERR_BADF);
		hand_fini(&h);
	}
out:
	hand_fini(&h);
}

static void of_maps(void)
{
	struct hand h = { 0 };
	struct prog_map def = test_maps()[INNER];
	struct map *made = NULL;
	struct error err;
	u64 outer, inner;
	u32 index = 2;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	outer = map_of(&h, OUTER);
	CHECK_EQ(call(&h, 1, outer, key_of(&h, 0), 0, 0, 0), 0);
	inner = call(&h, 1, outer, key_of(&h, 1), 0, 0, 0);
	CHECK_EQ(inner, map_of(&h, INNER));
	CHECK(!exec_may_access(&h.run->inv.exec, inner, 8, false));
	CHECK_EQ(call(&h, 2, inner, key_of(&h, 7), value_of(&h, 70), 0, 0), 0);
	CHECK_EQ(deref(call(&h, 1, inner, key_of(&h, 7), 0, 0, 0)), 70);
	/* Programs do not change the outer one. */
	CHECK_EQ(call(&h, 2, outer, key_of(&h, 1), value_of(&h, 0), 0, 0), (u64)(s64)ERR_INVAL);
	CHECK_EQ(call(&h, 3, outer, key_of(&h, 1), 0, 0, 0), (u64)(s64)ERR_INVAL);
	CHECK_EQ(fault_of(&h), 0);
	/* One that was made later. */
	CHECK_EQ(runtime_new_map(h.rt, &def, NULL, &made, &err), 0);
	CHECK(runtime_map_by_id(h.rt, made->core.id) == made);
	CHECK(runtime_map_by_id(h.rt, runtime_map(h.rt, INNER)->core.id) ==
	      runtime_map(h.rt, INNER));
	CHECK(runtime_map_by_id(h.rt, 0) == NULL && runtime_map_by_id(h.rt, 99) == NULL);
	CHECK_EQ(map_set_inner(runtime_map(h.rt, OUTER), &index, made, MAP_ANY, &err), 0);
	inner = call(&h, 1, outer, key_of(&h, 2), 0, 0, 0);
	CHECK_EQ(inner, (u64)(uintptr_t)made);
	CHECK_EQ(call(&h, 2, inner, key_of(&h, 7), value_of(&h, 71), 0, 0), 0);
	inner = call(&h, 1, inner, key_of(&h, 7), 0, 0, 0);
	CHECK_EQ(deref(inner), 71);
	h.run->inv.exec.region_count = 0; /* not by what was looked up last */
	CHECK(exec_may_access(&h.run->inv.exec, inner, 8, true));
	CHECK_EQ(fault_of(&h), 0);
out:
	hand_fini(&h);
}

static int last_record(void *arg, const void *data, u32 size)
{
	memcpy(arg, data, MIN(size, 8u));
	return 0;
}

static void ring_output(void)
{
	struct hand h = { 0 };

	for (int w = 0; w < 2; w++) {
		u32 output = w ? 11 : 130;
		u64 inval = (u64)(w ? -6 : -22), ring, seen = 0;
		int r = 0;

		CHECK_EQ(hand_new(&h, w ? W : L, test_maps(), MAPS), 0);
		ring = map_of(&h, RING);
		CHECK_EQ(call(&h, output, ring, value_of(&h, 11), 8, 0, 0), 0);
		CHECK_EQ(call(&h, output, ring, value_of(&h, 11), 8, 8, 0), inval);
		CHECK_EQ(call(&h, output, map_of(&h, ARRAY), value_of(&h, 11), 8, 0, 0), inval);
		CHECK_EQ(ringbuf_consume(runtime_map(h.rt, RING), last_record, &seen, 0), 1);
		CHECK_EQ(seen, 11);
		while (r == 0)
			r = (int)call(&h, output, ring, value_of(&h, 11), 8, 0, 0);
		CHECK_EQ(r, w ? -29 : -11);
		CHECK_EQ(fault_of(&h), 0);
		call(&h, output, ring, value_of(&h, 11), 4096 * 4, 0, 0);
		CHECK_EQ(fault_of(&h), ERR_FAULT);
		hand_fini(&h);
	}
out:
	hand_fini(&h);
}

static void ring_reserve(void)
{
	struct hand h = { 0 };
	struct exec *exec;
	u64 ring, a, b, seen = 0;
	struct map *map;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	exec = &h.run->inv.exec;
	ring = map_of(&h, RING);
	map = runtime_map(h.rt, RING);
	CHECK_EQ(call(&h, 131, ring, 8, 1, 0, 0), 0);
	CHECK_EQ(call(&h, 131, ring, 5000, 0, 0, 0), 0);
	a = call(&h, 131, ring, 8, 0, 0, 0);
	b = call(&h, 131, ring, 12, 0, 0, 0);
	CHECK(a != 0 && b != 0);
	CHECK(exec_may_access(exec, a, 8, true) && !exec_may_access(exec, a, 9, false));
	CHECK(exec_may_access(exec, b + 11, 1, true) && !exec_may_access(exec, b - 8, 8, false));
	*(u64 *)(uintptr_t)a = 4711;
	CHECK_EQ(call(&h, 132, a, 0, 0, 0, 0), 0);
	CHECK(!exec_may_access(exec, a, 8, false));
	CHECK_EQ(fault_of(&h), 0);
	/* Twice, or never reserved. */
	call(&h, 132, a, 0, 0, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_INVAL);
	call(&h, 133, b + 8, 0, 0, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_INVAL);
	CHECK_EQ(call(&h, 134, ring, 0, 0, 0, 0), 16 + 24);
	CHECK_EQ(call(&h, 134, ring, 1, 0, 0, 0), 4096);
	CHECK_EQ(ringbuf_consume(map, last_record, &seen, 0), 1);
	CHECK_EQ(seen, 4711);
	/* What was forgotten is discarded, and no more than a few are had at once. */
	for (u32 i = 1; i < RESERVED_COUNT; i++)
		CHECK(call(&h, 131, ring, 8, 0, 0, 0) != 0);
	CHECK_EQ(call(&h, 131, ring, 8, 0, 0, 0), 0);
	invocation_discard_reserved(&h.run->inv);
	CHECK_EQ(ringbuf_consume(map, last_record, &seen, 0), 0);
	CHECK_EQ(ringbuf_query(map, RINGBUF_AVAILABLE), 0);
out:
	if (h.run != NULL)
		invocation_discard_reserved(&h.run->inv);
	hand_fini(&h);
}

static void perf_output(void)
{
	struct hand h = { 0 };
	u64 perf, seen = 0, current = 0xffffffff;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	perf = map_of(&h, PERF);
	h.run->inv.exec.slot = 1;
	CHECK_EQ(call(&h, 25, 0, perf, current, value_of(&h, 25), 8), 0);
	CHECK_EQ(call(&h, 25, 0, perf, 1, value_of(&h, 26), 8), 0);
	CHECK_EQ(call(&h, 25, 0, perf, 2, value_of(&h, 26), 8), (u64)(s64)ERR_NOTSUP);
	CHECK_EQ(call(&h, 25, 0, perf, 4096, value_of(&h, 26), 8), (u64)(s64)ERR_TOOBIG);
	CHECK_EQ(call(&h, 25, 0, perf, 1ull << 60, value_of(&h, 26), 8), (u64)(s64)ERR_INVAL);
	CHECK_EQ(call(&h, 25, 0, perf, 4ull << 32 | 1, value_of(&h, 26), 8), (u64)(s64)ERR_INVAL);
	CHECK_EQ(call(&h, 25, 0, map_of(&h, ARRAY), current, value_of(&h, 1), 8),
		 (u64)(s64)ERR_INVAL);
	CHECK_EQ(perf_array_consume(runtime_map(h.rt, PERF), 0, last_record, &seen, 0), 0);
	CHECK_EQ(perf_array_consume(runtime_map(h.rt, PERF), 1, last_record, &seen, 0), 2);
	CHECK_EQ(seen, 26);
	hand_fini(&h);
	CHECK_EQ(hand_new(&h, W, test_maps(), MAPS), 0);
	perf = map_of(&h, PERF);
	CHECK_EQ(call(&h, 32, 0, perf, current, value_of(&h, 25), 8), 0);
	CHECK_EQ(call(&h, 32, 0, perf, 1, value_of(&h, 26), 8), (u64)-6);
out:
	hand_fini(&h);
}

TAP_MAIN(TAP_TEST(per_cpu), TAP_TEST(keyless), TAP_TEST(of_maps), TAP_TEST(ring_output),
	 TAP_TEST(ring_reserve), TAP_TEST(perf_output))
