/* SPDX-License-Identifier: MIT */
/* Batches of the Linux dialect and of the running kernel, by bpf(2): random counts, keys that are
 * there and that are not, all elements read from cursor to cursor, with and without taking them.
 * Results, counts and elements are the same, of arrays also cursors and order, of tries how many
 * come at a time; of hashes, whose order is their own, all of them together. What differs:
 * - flags of elements: the kernel's commands take none, map_write_batch those of map_write;
 * - types without batches in the kernel (queues, stacks, targets of packets) have them here, and an
 *   array's deletion fails at its first key rather than as a whole;
 * - a hash of maps cannot be taken from, as single keys cannot; what is written into maps of maps
 * is map_set_inner's;
 * - bits behind a prefix, which mean nothing, come back as they were first written here, as they
 * were last written from the kernel;
 * - where the kernel refuses a batch as a whole, it leaves the count as it was; here it may be 0.
 */
#include "map_kernel.h"

#define ROWS	(ROOM + 8)
#define VALUE	(64 * 8)
#define CURSOR	32
#define MAX_KEY 8

struct row {
	u8 key[MAX_KEY];
	u8 value[VALUE];
};

struct rows {
	u32 count, calls;
	struct row row[ROWS];
	/* Of each call. */
	int result[2 * ROWS + 2];
	u32 got[2 * ROWS + 2];
	u8 cursor[2 * ROWS + 2][CURSOR];
};

static bool is_hash(const struct map *map)
{
	enum map_kind kind = map->def.type->kind;

	return kind != MAP_KIND_ARRAY && kind != MAP_KIND_PERCPU_ARRAY && kind != MAP_KIND_LPM_TRIE;
}

static bool is_array(const struct map *map)
{
	return !is_hash(map) && map->def.type->kind != MAP_KIND_LPM_TRIE;
}

static int batch(struct pair *p, bool here, enum bpf_cmd cmd, const void *in, void *out, void *keys,
		 void *values, u32 *count)
{
	struct batch_attr attr = { .in_cursor = (u64)(uintptr_t)in,
				   .out_cursor = (u64)(uintptr_t)out,
				   .keys = (u64)(uintptr_t)keys,
				   .values = (u64)(uintptr_t)values,
				   .count = *count,
				   .fd = (u32)p->fd };
	int r;

	if (here && cmd == UPDATE_BATCH)
		return map_write_batch(p->map, keys, values, count, MAP_ANY);
	if (here && cmd == DELETE_BATCH)
		return map_delete_batch(p->map, keys, count);
	if (here)
		return map_read_batch(p->map, in, out, keys, values, count, cmd == TAKE_BATCH);
	r = kernel_batch(cmd, &attr);
	*count = attr.count;
	return r;
}

/* Updates or deletes: as many are done, and the next one fails the same way. */
static bool change(struct pair *p, enum bpf_cmd cmd)
{
	u32 count = random_next(&p->random) % 8, ours = count, theirs = count;
	u32 key_size = p->map->def.key_size, step = (p->map->def.value_size + 7u) & ~7u;
	size_t size = map_value_size(p->map);
	u8 keys[8 * MAX_KEY], values[8 * VALUE];
	int r, want;

	memset(values, 0, sizeof(values));
	for (u32 i = 0; i < count; i++) {
		make_key(&p->map->def, keys + i * key_size, &p->random);
		for (size_t at = 0; at < size; at++)
			if (at % step < p->map->def.value_size)
				values[i * size + at] = (u8)random_next(&p->random);
	}
	r = batch(p, true, cmd, NULL, NULL, keys, values, &ours);
	want = batch(p, false, cmd, NULL, NULL, keys, values, &theirs);
	if (cmd == DELETE_BATCH && is_array(p->map))
		return want == -524 && ours == 0 && (count == 0 || r == ERR_INVAL);
	if (r == want && ours == theirs)
		return true;
	printf("# %s, command %u, count %u: %d, %u here, %d, %u in the kernel\n",
	       p->map->def.type->name, cmd, count, r, ours, want, theirs);
	return false;
}

/* Of prefixes that are the same but for bits behind them. */
static void clear_tail(struct row *row)
{
	u32 len;

	memcpy(&len, row->key, sizeof(len));
	for (u32 bit = len; bit < 8 * (MAX_KEY - sizeof(len)); bit++)
		row->key[sizeof(len) + bit / 8] &= (u8) ~(0x80 >> bit % 8);
}

/* Everything by reading or, of hashes, by reading and taking in turn. 0 at the end. */
static int collect(struct pair *p, bool here, u64 random, u32 take_of_8, struct rows *ret_rows)
{
	u8 keys[ROWS * MAX_KEY], values[ROWS * VALUE], cursor[CURSOR] = { 0 };
	u32 key_size = p->map->def.key_size;
	size_t size = map_value_size(p->map);
	bool started = false, crowded = false;

	memset(ret_rows, 0, sizeof(*ret_rows));
	while (ret_rows->calls < ARRAY_COUNT(ret_rows->got)) {
		bool take = random_next(&random) % 8 < take_of_8;
		u32 count = crowded ? ROWS : 1 + random_next(&random) % ROOM;
		int r = batch(p, here, take ? TAKE_BATCH : LOOKUP_BATCH, started ? cursor : NULL,
			      cursor, keys, values, &count);

		/* A bucket that does not fit. */
		crowded = r == ERR_NOSPC;
		if (crowded)
			continue;
		if (ret_rows->count + count > ROWS)
			return ERR_NOSPC;
		for (u32 i = 0; i < count; i++) {
			struct row *row = &ret_rows->row[ret_rows->count++];

			memcpy(row->key, keys + i * key_size, key_size);
			memcpy(row->value, values + i * size, size);
			if (p->map->def.type->kind == MAP_KIND_LPM_TRIE)
				clear_tail(row);
		}
		ret_rows->result[ret_rows->calls] = r;
		ret_rows->got[ret_rows->calls] = count;
		if (count > 0 && is_array(p->map))
			memcpy(ret_rows->cursor[ret_rows->calls], cursor, key_size);
		ret_rows->calls++;
		started = true;
		if (r != 0)
			return r == ERR_NOENT ? 0 : r;
	}
	return ERR_LOOP;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct row));
}

static bool same_elements(struct pair *p, u32 take_of_8, u32 *ret_count)
{
	struct rows ours, theirs;
	u64 random = p->random;
	int r = collect(p, true, random, take_of_8, &ours);
	int want = collect(p, false, random, take_of_8, &theirs);

	*ret_count = ours.count;
	random_next(&p->random);
	if (!is_array(p->map)) {
		qsort(ours.row, ours.count, sizeof(struct row), compare_rows);
		qsort(theirs.row, theirs.count, sizeof(struct row), compare_rows);
	}
	if (is_hash(p->map))
		ours.calls = theirs.calls = 0;
	if (r == 0 && want == 0 && ours.count == theirs.count && ours.calls == theirs.calls &&
	    memcmp(ours.row, theirs.row, sizeof(ours.row)) == 0 &&
	    memcmp(ours.result, theirs.result, ours.calls * sizeof(int)) == 0 &&
	    memcmp(ours.got, theirs.got, ours.calls * sizeof(u32)) == 0 &&
	    memcmp(ours.cursor, theirs.cursor, ours.calls * sizeof(ours.cursor[0])) == 0)
		return true;
	printf("# %s: %d, %u elements in %u calls here, %d, %u, %u in the kernel\n",
	       p->map->def.type->name, r, ours.count, ours.calls, want, theirs.count, theirs.calls);
	return false;
}

static const struct kernel_type types[] = {
	{ MAP_KIND_HASH, 4, 8, 0 },
	{ MAP_KIND_HASH, 5, 3, MAP_F_NO_PREALLOC },
	{ MAP_KIND_ARRAY, 4, 8, 0 },
	{ MAP_KIND_ARRAY, 4, 5, 0 },
	{ MAP_KIND_PERCPU_HASH, 8, 8, 0 },
	{ MAP_KIND_PERCPU_HASH, 4, 5, 0 },
	{ MAP_KIND_PERCPU_ARRAY, 4, 8, 0 },
	{ MAP_KIND_LRU_HASH, 4, 8, 0 },
	{ MAP_KIND_LRU_PERCPU_HASH, 4, 8, 0 },
	{ MAP_KIND_LPM_TRIE, 8, 8, MAP_F_NO_PREALLOC },
};

static void batches(void)
{
	struct pair p = { .fd = -1, .random = 314159 };
	u32 count, most = 0;

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		CHECK_EQ(open_type(&types[i], ROOM, 64, &p), 0);
		for (u32 n = 0; n < 80; n++) {
			for (u32 k = random_next(&p.random) % 6; k > 0; k--)
				CHECK(change(&p, random_next(&p.random) % 3 == 0 ? DELETE_BATCH
										 : UPDATE_BATCH));
			CHECK(same_elements(&p, 0, &count));
			most = MAX(most, count);
			if (!is_hash(p.map) || n % 4 != 0)
				continue;
			/* Some are taken, then all that are left. Which were the some differs. */
			CHECK(same_elements(&p, 4, &count));
			while (count > 0) {
				struct rows rest;

				CHECK_EQ(collect(&p, true, p.random, 8, &rest), 0);
				count = rest.count;
				CHECK_EQ(collect(&p, false, p.random, 8, &rest), 0);
				count += rest.count;
			}
		}
		close_pair(&p);
	}
	CHECK(most >= ROOM);
out:
	close_pair(&p);
}

/* Types that the kernel can read and write by batches, but not take from; flags; no room. */
static void refused(void)
{
	struct pair p = { .fd = -1 };
	u8 keys[CURSOR] = { 0 }, values[2 * VALUE] = { 0 }, cursor[CURSOR] = { 0 };
	u32 ours, theirs;

	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		CHECK_EQ(open_type(&types[i], ROOM, 64, &p), 0);
		for (u32 cmd = LOOKUP_BATCH; cmd <= DELETE_BATCH; cmd++) {
			ours = theirs = 0;
			int r = batch(&p, true, cmd, NULL, cursor, keys, values, &ours);
			int want = batch(&p, false, cmd, NULL, cursor, keys, values, &theirs);

			/* Nothing is done, whether it could be or not. */
			CHECK(r == 0 && (want == 0 || want == -524));
			CHECK(ours == 0 && theirs == 0);
		}
		ours = theirs = 1;
		if (!is_hash(p.map)) {
			CHECK_EQ(batch(&p, true, TAKE_BATCH, NULL, cursor, keys, values, &ours),
				 ERR_NOTSUP);
			CHECK_EQ(batch(&p, false, TAKE_BATCH, NULL, cursor, keys, values, &theirs),
				 -524);
		}
		for (u32 flags = 3; flags < 16; flags++) {
			struct batch_attr attr = { .keys = (u64)(uintptr_t)keys,
						   .values = (u64)(uintptr_t)values,
						   .count = 1,
						   .fd = (u32)p.fd,
						   .elem_flags = flags };

			ours = 1;
			CHECK_EQ(map_write_batch(p.map, keys, values, &ours, flags), ERR_INVAL);
			CHECK_EQ(kernel_batch(UPDATE_BATCH, &attr), -EINVAL);
			CHECK(ours == 0 && attr.count == 1);
		}
		close_pair(&p);
	}
out:
	close_pair(&p);
}

static const struct tap_test tests[] = { TAP_TEST(batches), TAP_TEST(refused) };

int main(int argc, char **argv)
{
	return kernel_main(tests, ARRAY_COUNT(tests), argc, argv);
}
