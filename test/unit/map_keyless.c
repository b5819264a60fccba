/* SPDX-License-Identifier: MIT */
/* Queues, stacks and ring buffers against plain references under random operations. */
#include "map_random.h"

#include "map/ringbuf.h"

#define W DIALECT_WINDOWS
#define L DIALECT_LINUX

/* --- queue and stack --- */

#define ROOM 7

struct line {
	u8 values[ROOM][12];
	u32 count;
};

static void line_drop(struct line *line, u32 at)
{
	line->count--;
	memmove(line->values[at], line->values[at + 1],
		(line->count - at) * sizeof(line->values[0]));
}

static bool step_line(struct map *map, struct line *line, bool stack, u64 *random)
{
	u32 size = map->def.value_size, what = random_next(random) % 8;
	u32 newest = line->count - 1;
	u8 value[12], got[12];

	for (u32 i = 0; i < sizeof(value); i++)
		value[i] = (u8)random_next(random);
	if (what < 4) {
		u64 flags = random_next(random) % 4;
		int expected = flags == MAP_NOEXIST || flags > MAP_EXIST ? ERR_INVAL
			       : line->count == ROOM && flags == MAP_ANY ? ERR_TOOBIG
									 : 0;

		if (map->ops->push(map, value, flags) != expected)
			return false;
		if (expected < 0)
			return true;
		if (line->count == ROOM)
			line_drop(line, 0);
		memcpy(line->values[line->count++], value, sizeof(value));
		return true;
	}
	if (what == 7) {
		for (u32 n = 0; n < line->count; n++)
			if (map->ops->nth(map, n, got) != 0 ||
			    memcmp(got, line->values[stack ? newest - n : n], size) != 0)
				return false;
		return map->ops->nth(map, line->count, got) == ERR_NOENT;
	}
	memset(got, 0xee, sizeof(got));
	if ((what == 4 ? map_read(map, NULL, got) : map_take(map, NULL, got)) !=
	    (line->count == 0 ? ERR_NOENT : 0))
		return false;
	if (line->count == 0) {
		memset(value, 0, sizeof(value));
		return memcmp(got, value, size) == 0 && got[size - 1] == 0;
	}
	if (memcmp(got, line->values[stack ? newest : 0], size) != 0)
		return false;
	if (what != 4)
		line_drop(line, stack ? newest : 0);
	return true;
}

static void queues_and_stacks(void)
{
	static const u32 sizes[] = { 4, 8, 12, 1 };
	struct map *map = NULL;
	u64 random = 0x1234567;

	for (u32 i = 0; i < 2 * ARRAY_COUNT(sizes); i++) {
		bool stack = i % 2 != 0;
		struct line line = { 0 };

		CHECK_EQ(map_of(stack ? MAP_KIND_STACK : MAP_KIND_QUEUE, 0, sizes[i / 2], ROOM, L,
				1, &map),
			 0);
		for (u32 step = 0; step < 4000; step++)
			CHECK(step_line(map, &line, stack, &random));
		CHECK_EQ(map_next_key(map, NULL, &line), ERR_NOTSUP);
		CHECK_EQ(map_delete(map, NULL), ERR_INVAL);
		CHECK(map->ops->lookup(map, NULL) == NULL);
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

/* --- ring buffer --- */

#define RING	 4096
#define MAX_OPEN 5

/* Records in order; a consumer must see what was submitted, and stop at what is open. */
struct ring_model {
	struct {
		u8 *data; /* NULL: finished */
		u32 size;
		u8 fill;
		bool gone;
	} records[1024];
	u32 first, count; /* not consumed yet */
	u64 used;
	u32 open;
	bool wrong;
};

static u64 whole(u32 size)
{
	return ((u64)size + 8 + 7) & ~7ull;
}

static void skip_gone(struct ring_model *model, u64 used)
{
	while (model->used > used && model->count > 0 &&
	       model->records[model->first % 1024].data == NULL &&
	       model->records[model->first % 1024].gone) {
		model->used -= whole(model->records[model->first % 1024].size);
		model->first++;
		model->count--;
	}
}

static int see(void *arg, const void *data, u32 size)
{
	struct ring_model *model = arg;
	const u8 *p = data;
	u32 at;

	skip_gone(model, 0);
	at = model->first % 1024;
	if (model->count == 0 || model->records[at].data != NULL || model->records[at].size != size)
		model->wrong = true;
	for (u32 i = 0; i < size; i++)
		model->wrong |= p[i] != model->records[at].fill;
	model->used -= whole(size);
	model->first++;
	model->count--;
	return 0;
}

static void ring_reserve(struct map *map, struct ring_model *model, u64 *random)
{
	u32 size = random_next(random) % 4 == 0 ? random_next(random) % RING
						: random_next(random) % 100;
	u32 at = (model->first + model->count) % 1024;
	u8 *data = ringbuf_reserve(map, size);
	bool room = model->used + whole(size) < RING;

	model->wrong |= (data != NULL) != room;
	if (data == NULL)
		return;
	model->wrong |= (uintptr_t)data % 8 != 0;
	model->records[at].data = data;
	model->records[at].size = size;
	model->records[at].fill = (u8)random_next(random);
	memset(data, model->records[at].fill, size);
	model->used += whole(size);
	model->count++;
	model->open++;
}

/* Any of the open ones. */
static void ring_finish(struct map *map, struct ring_model *model, u64 *random)
{
	u32 which = random_next(random) % model->open;

	for (u32 i = 0; i < model->count; i++) {
		u32 at = (model->first + i) % 1024;

		if (model->records[at].data == NULL || which-- > 0)
			continue;
		model->records[at].gone = random_next(random) % 4 == 0;
		if (model->records[at].gone)
			ringbuf_discard(map, model->records[at].data, 0);
		else
			ringbuf_submit(map, model->records[at].data, 0);
		model->records[at].data = NULL;
		model->open--;
		return;
	}
}

static void rings(void)
{
	struct ring_model *model = mem_zalloc(sizeof(*model));
	struct map *map = NULL;
	u64 random = 99;

	CHECK(model != NULL);
	CHECK_EQ(map_of(MAP_KIND_RINGBUF, 0, 0, RING, W, 1, &map), 0);
	for (u32 step = 0; step < 20000; step++) {
		u32 what = random_next(&random) % 16;

		if (what < 7 && model->open < MAX_OPEN)
			ring_reserve(map, model, &random);
		else if (what < 14 && model->open > 0)
			ring_finish(map, model, &random);
		else if (what == 15)
			CHECK(ringbuf_consume(map, see, model, random_next(&random) % 4) >= 0);
		if (what == 14) {
			CHECK(ringbuf_consume(map, see, model, 0) >= 0);
			skip_gone(model, 0);
			CHECK(model->count == 0 ||
			      model->records[model->first % 1024].data != NULL);
			CHECK_EQ(ringbuf_query(map, RINGBUF_AVAILABLE), model->used);
		}
		/* Up to which of the discarded ones the consumer has come. */
		skip_gone(model, ringbuf_query(map, RINGBUF_AVAILABLE));
		CHECK(!model->wrong);
	}
out:
	map_free(map);
	mem_free(model);
}

static int count_wakeups;

static void wakeup(void *arg)
{
	++*(int *)arg;
}

static int stop_at_second(void *arg, UNUSED const void *data, UNUSED u32 size)
{
	return ++*(int *)arg == 2 ? ERR_CANCELED : 0;
}

static void ring_rules(void)
{
	struct map *map = NULL;
	u8 bytes[64] = { 1, 2, 3 };
	int seen = 0;
	void *a, *b;

	CHECK_EQ(map_of(MAP_KIND_RINGBUF, 0, 0, RING, L, 1, &map), 0);
	count_wakeups = 0;
	CHECK_EQ(ringbuf_set_wakeup(map, wakeup, &count_wakeups), 0);
	CHECK_EQ(ringbuf_output(map, bytes, 64, 4), ERR_INVAL);
	CHECK(ringbuf_reserve(map, RING) == NULL);
	CHECK(ringbuf_reserve(map, RING - 8) == NULL); /* all but a byte is the most */
	CHECK(ringbuf_reserve(map, ~0ull) == NULL);
	CHECK(ringbuf_reserve(map, 0x7fffffff) == NULL);
	/* The first one is waited for, the second is not. */
	CHECK_EQ(ringbuf_output(map, bytes, 64, 0), 0);
	CHECK_EQ(count_wakeups, 1);
	CHECK_EQ(ringbuf_output(map, bytes, 64, 0), 0);
	CHECK_EQ(count_wakeups, 1);
	CHECK_EQ(ringbuf_output(map, bytes, 64, RINGBUF_FORCE_WAKEUP), 0);
	CHECK_EQ(count_wakeups, 2);
	CHECK_EQ(ringbuf_query(map, RINGBUF_SIZE), RING);
	CHECK_EQ(ringbuf_query(map, RINGBUF_AVAILABLE), 3 * 72);
	CHECK_EQ(ringbuf_query(map, RINGBUF_PRODUCER), 3 * 72);
	CHECK_EQ(ringbuf_query(map, 77), 0);
	CHECK_EQ(ringbuf_consume(map, stop_at_second, &seen, 0), ERR_CANCELED);
	CHECK_EQ(ringbuf_query(map, RINGBUF_CONSUMER), 2 * 72);
	CHECK_EQ(ringbuf_consume(map, stop_at_second, &seen, 0), 1);
	CHECK_EQ(ringbuf_output(map, bytes, 64, RINGBUF_NO_WAKEUP), 0);
	CHECK_EQ(count_wakeups, 2);
	CHECK_EQ(ringbuf_consume(map, stop_at_second, &seen, 0), 1);
	/* One that is not finished holds those behind it. */
	a = ringbuf_reserve(map, 8);
	b = ringbuf_reserve(map, 8);
	CHECK(a != NULL && b != NULL);
	ringbuf_submit(map, b, 0);
	CHECK_EQ(ringbuf_consume(map, stop_at_second, &seen, 0), 0);
	ringbuf_discard(map, a, 0);
	CHECK_EQ(ringbuf_consume(map, stop_at_second, &seen, 0), 1);
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(queues_and_stacks), TAP_TEST(rings), TAP_TEST(ring_rules))
