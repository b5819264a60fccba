/* SPDX-License-Identifier: MIT */
/* bpf_loop and bpf_for_each_map_elem, with callbacks in C: what they are given, when it ends, and
 * maps that change under the iteration. */
#include "runtime_hand.h"

#define L DIALECT_LINUX

enum { HASH, LRU, PERCPU, ARRAY, PERCPU_ARRAY, WIDE, QUEUE, MAPS };
#define ROOM 64

static const struct prog_map *test_maps(void)
{
	static struct prog_map maps[MAPS];
	static const enum map_kind kinds[] = { MAP_KIND_HASH,	      MAP_KIND_LRU_HASH,
					       MAP_KIND_PERCPU_HASH,  MAP_KIND_ARRAY,
					       MAP_KIND_PERCPU_ARRAY, MAP_KIND_HASH };

	for (u32 i = 0; i < ARRAY_COUNT(kinds); i++)
		maps[i] = (struct prog_map){ .name = "m",
					     .type = map_type(kinds[i]),
					     .key_size = 4,
					     .value_size = 8,
					     .max_entries = ROOM };
	maps[WIDE].key_size = MAP_MAX_KEY;
	maps[WIDE].max_entries = 4;
	maps[QUEUE] = (struct prog_map){
		.name = "queue", .type = map_type(MAP_KIND_QUEUE), .value_size = 8, .max_entries = 2
	};
	return maps;
}

/* One function of a program, in C. */
struct back {
	struct prog_code code;
	struct hand *h;
	bool (*fn)(struct back *back, const u64 *args, u64 *ret_result);
	u64 times, sum, stop;
	u32 seen[ROOM];
};

static bool back_call(struct exec *exec, u64 func, const u64 args[5], u64 *ret_result)
{
	struct back *back = CONTAINER_OF(exec->code, struct back, code);

	*ret_result = 0;
	back->times++;
	return func == 1 && back->fn(back, args, ret_result);
}

static void back_init(struct back *back, struct hand *h,
		      bool (*fn)(struct back *back, const u64 *args, u64 *ret_result))
{
	*back = (struct back){ .code = { .call = back_call }, .h = h, .fn = fn };
	h->run->inv.exec.code = &back->code;
}

static bool add_up(struct back *back, const u64 *args, u64 *ret_result)
{
	back->sum += args[0];
	if (args[1] != 77 || args[2] != 0 || args[3] != 0 || args[4] != 0)
		return false;
	if (back->stop != 0 && args[0] == back->stop)
		*ret_result = 1;
	return true;
}

static void loops(void)
{
	struct hand h = { 0 };
	struct back back;

	CHECK_EQ(hand_new(&h, L, NULL, 0), 0);
	back_init(&back, &h, add_up);
	CHECK_EQ(call(&h, 181, 10, 1, 77, 0, 0), 10);
	CHECK_EQ(back.sum, 45);
	CHECK_EQ(call(&h, 181, 0, 1, 77, 0, 0), 0);
	CHECK_EQ(back.times, 10);
	back.stop = 3;
	CHECK_EQ(call(&h, 181, 10, 1, 77, 0, 0), 4);
	CHECK_EQ(back.times, 14);
	CHECK_EQ(call(&h, 181, 10, 1, 77, 1, 0), (u64)ERR_INVAL);
	CHECK_EQ(call(&h, 181, (1u << 23) + 1, 1, 77, 0, 0), (u64)ERR_TOOBIG);
	CHECK_EQ(call(&h, 181, 1ull << 32, 1, 77, 0, 0), 0);
	CHECK_EQ(back.times, 14);
	/* The invocation is over. */
	call(&h, 181, 10, 1, 78, 0, 0);
	CHECK_EQ(back.times, 15);
	call(&h, 181, 10, 2, 77, 0, 0);
	CHECK_EQ(back.times, 16);
	CHECK_EQ(h.run->inv.exec.callbacks, 0);
	/* As deep as it goes. */
	h.run->inv.exec.callbacks = EXEC_MAX_CALLBACKS;
	call(&h, 181, 10, 1, 77, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_LOOP);
	CHECK_EQ(back.times, 16);
	h.run->inv.exec.callbacks = 0;
	back.code.call = NULL;
	call(&h, 181, 10, 1, 77, 0, 0);
	CHECK_EQ(fault_of(&h), ERR_NOTSUP);
out:
	hand_fini(&h);
}

static bool visit(struct back *back, const u64 *args, u64 *ret_result)
{
	const struct exec *exec = &back->h->run->inv.exec;
	const struct map *map = (const struct map *)(uintptr_t)args[0];
	u32 key = *(const u32 *)(uintptr_t)args[1];

	if (!exec_may_access(exec, args[1], map->def.key_size, false) ||
	    exec_may_access(exec, args[1], map->def.key_size + 1ull, false) ||
	    exec_may_access(exec, args[1], 1, true) || !exec_may_access(exec, args[2], 8, true) ||
	    args[3] != 77 || args[4] != 0 || key >= ROOM)
		return false;
	back->seen[key]++;
	back->sum += *(const u64 *)(uintptr_t)args[2];
	*ret_result = back->stop != 0 && back->times == back->stop;
	return true;
}

static void each_type(void)
{
	struct hand h = { 0 };
	struct back back;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	for (u32 m = HASH; m <= PERCPU_ARRAY; m++) {
		bool array = m == ARRAY || m == PERCPU_ARRAY;
		u32 keys = array ? ROOM : 20;

		h.run->inv.exec.slot = 3;
		back_init(&back, &h, visit);
		CHECK_EQ(call(&h, 164, map_of(&h, m), 1, 77, 0, 0), array ? ROOM : 0);
		for (u32 k = 0; k < 20; k++)
			CHECK_EQ(call(&h, 2, map_of(&h, m), key_of(&h, k * 3), value_of(&h, k + 1),
				      0, 0),
				 0);
		CHECK_EQ(call(&h, 164, map_of(&h, m), 1, 77, 1, 0), (u64)ERR_INVAL);
		back_init(&back, &h, visit);
		CHECK_EQ(call(&h, 164, map_of(&h, m), 1, 77, 0, 0), keys);
		CHECK_EQ(back.sum, 210);
		for (u32 k = 0; k < ROOM; k++)
			CHECK_EQ(back.seen[k], array || (k % 3 == 0 && k < 60) ? 1 : 0);
		/* Another CPU's values. */
		h.run->inv.exec.slot = 2;
		back_init(&back, &h, visit);
		back.stop = 5;
		CHECK_EQ(call(&h, 164, map_of(&h, m), 1, 77, 0, 0), 5);
		CHECK(m == PERCPU || m == PERCPU_ARRAY ? back.sum == 0 : back.sum > 0);
		CHECK(h.run->inv.lent == NULL);
		/* What was lent is so no more. */
		CHECK_EQ(fault_of(&h), 0);
	}
	back_init(&back, &h, visit);
	CHECK_EQ(call(&h, 164, map_of(&h, QUEUE), 1, 77, 0, 0), (u64)ERR_INVAL);
	CHECK_EQ(call(&h, 164, map_of(&h, HASH) + 8, 1, 77, 0, 0), (u64)ERR_INVAL);
	CHECK_EQ(fault_of(&h), ERR_BADF);
	CHECK_EQ(back.times, 0);
out:
	hand_fini(&h);
}

/* The longest keys, and a callback that goes through the same map itself. */
static bool nest(struct back *back, const u64 *args, u64 *ret_result)
{
	const struct exec *exec = &back->h->run->inv.exec;

	if (!exec_may_access(exec, args[1], MAP_MAX_KEY, false))
		return false;
	if (exec->callbacks < 3)
		back->sum += call(back->h, 164, args[0], 1, 0, 0, 0);
	if (!exec_may_access(exec, args[1], MAP_MAX_KEY, false))
		return false;
	*ret_result = 0;
	return true;
}

static void nested(void)
{
	struct hand h = { 0 };
	struct back back;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	memset(h.run->stack, 0, MAP_MAX_KEY + 8);
	for (u32 k = 0; k < 4; k++) {
		h.run->stack[MAP_MAX_KEY - 1] = (u8)k;
		CHECK_EQ(call(&h, 2, map_of(&h, WIDE), (u64)(uintptr_t)h.run->stack,
			      (u64)(uintptr_t)h.run->stack + MAP_MAX_KEY, 0, 0),
			 0);
	}
	back_init(&back, &h, nest);
	CHECK_EQ(call(&h, 164, map_of(&h, WIDE), 1, 0, 0, 0), 4);
	CHECK_EQ(back.times, 4 + 16 + 64);
	CHECK_EQ(back.sum, 16 + 64);
out:
	hand_fini(&h);
}

/* Deletes what it sees and puts something else in; what was not touched comes once. */
static bool change(struct back *back, const u64 *args, u64 *ret_result)
{
	u32 key = *(const u32 *)(uintptr_t)args[1];
	u64 map = args[0], other;

	if (key >= ROOM)
		return false;
	back->seen[key]++;
	*ret_result = 0;
	if (key >= 40)
		return true;
	other = key / 2 * 2 + 1 - key % 2; /* its neighbour */
	call(back->h, 3, map, key_of(back->h, key), 0, 0, 0);
	call(back->h, 3, map, key_of(back->h, (u32)other), 0, 0, 0);
	call(back->h, 2, map, key_of(back->h, key), value_of(back->h, 1), 0, 0);
	return *(const u32 *)(uintptr_t)args[1] == key; /* a copy */
}

static void changes(void)
{
	struct hand h = { 0 };
	struct back back;

	CHECK_EQ(hand_new(&h, L, test_maps(), MAPS), 0);
	for (u32 m = HASH; m <= PERCPU; m++) {
		u64 visited;

		for (u32 k = 0; k < ROOM; k++)
			CHECK_EQ(call(&h, 2, map_of(&h, m), key_of(&h, k), value_of(&h, k), 0, 0),
				 0);
		back_init(&back, &h, change);
		visited = call(&h, 164, map_of(&h, m), 1, 0, 0, 0);
		CHECK(visited >= ROOM - 40 + 20 && visited <= ROOM);
		for (u32 k = 0; k < 40; k += 2)
			CHECK(back.seen[k] + back.seen[k + 1] > 0);
		for (u32 k = 40; k < ROOM; k++)
			CHECK_EQ(back.seen[k], 1);
	}
out:
	hand_fini(&h);
}

TAP_MAIN(TAP_TEST(loops), TAP_TEST(each_type), TAP_TEST(nested), TAP_TEST(changes))
