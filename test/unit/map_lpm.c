/* SPDX-License-Identifier: MIT */
/* Tries of prefixes against a list of prefixes: longest match, exact match, order, reuse of nodes.
 */
#include "map_random.h"

#define W	     DIALECT_WINDOWS
#define L	     DIALECT_LINUX
#define MAX_PREFIXES 96

struct prefix {
	u32 len;
	u8 data[20];
};

struct model {
	struct prefix prefixes[MAX_PREFIXES];
	u64 values[MAX_PREFIXES];
	u32 count;
	u32 data_size;
};

static bool bits_equal(const u8 *a, const u8 *b, u32 bits)
{
	for (u32 i = 0; i < bits; i++)
		if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static u32 exact(const struct model *model, const struct prefix *key)
{
	for (u32 i = 0; i < model->count; i++)
		if (model->prefixes[i].len == key->len &&
		    bits_equal(model->prefixes[i].data, key->data, key->len))
			return i;
	return UINT32_MAX;
}

static u32 longest(const struct model *model, const struct prefix *key)
{
	u32 best = UINT32_MAX;

	for (u32 i = 0; i < model->count; i++) {
		const struct prefix *p = &model->prefixes[i];

		if (p->len <= key->len && bits_equal(p->data, key->data, p->len) &&
		    (best == UINT32_MAX || p->len > model->prefixes[best].len))
			best = i;
	}
	return best;
}

/* Few different bits, so that prefixes share much. */
static struct prefix random_prefix(const struct model *model, u64 *random)
{
	struct prefix p = { .len = random_next(random) % (model->data_size * 8 + 1) };

	for (u32 i = 0; i < model->data_size; i++) {
		u32 bits = random_next(random);

		p.data[i] = bits % 4 == 0 ? (u8)(bits >> 8) : bits % 4 == 1 ? 0xff : 0;
	}
	if (random_next(random) % 3 == 0 && model->count > 0) {
		u32 len = p.len;

		p = model->prefixes[random_next(random) % model->count];
		if (random_next(random) % 2 == 0)
			p.len = len;
	}
	return p;
}

static bool check_lookup(struct map *map, const struct model *model, const struct prefix *key)
{
	u32 want = longest(model, key);
	u64 *value = map->ops->lookup(map, key), read;
	int r = map_read(map, key, &read);

	if (want == UINT32_MAX)
		return value == NULL && r == ERR_NOENT;
	return value != NULL && *value == model->values[want] && r == 0 && read == *value &&
	       map->ops->contains(map, (u64)(uintptr_t)value, 8) &&
	       !map->ops->contains(map, (u64)(uintptr_t)value + 1, 8) &&
	       !map->ops->contains(map, (u64)(uintptr_t)value - 1, 1);
}

static bool check_order(struct map *map, const struct model *model)
{
	bool seen[MAX_PREFIXES] = { false };
	struct prefix key, next;
	u32 count = 0;
	int r = map_next_key(map, NULL, &next);

	for (; r == 0; count++) {
		u32 at = exact(model, &next);

		if (at == UINT32_MAX || seen[at] ||
		    memcmp(model->prefixes[at].data, next.data, model->data_size) != 0)
			return false;
		seen[at] = true;
		key = next;
		r = map_next_key(map, &key, &next);
	}
	return r == ERR_NOENT && count == model->count;
}

static bool step(struct map *map, struct model *model, u64 *random)
{
	struct prefix key = random_prefix(model, random);
	u32 at = exact(model, &key), what = random_next(random) % 8;
	u64 value = random_next(random), flags = random_next(random) % 4;
	int expected;

	if (what < 3) {
		expected = flags > MAP_EXIST					      ? ERR_INVAL
			   : at != UINT32_MAX && flags == MAP_NOEXIST		      ? ERR_EXIST
			   : at == UINT32_MAX && flags == MAP_EXIST		      ? ERR_NOENT
			   : at == UINT32_MAX && model->count == map->def.max_entries ? ERR_NOSPC
										      : 0;
		if (map->ops->update(map, &key, &value, flags) != expected)
			return false;
		if (expected < 0)
			return true;
		if (at == UINT32_MAX) {
			at = model->count++;
			model->prefixes[at] = key;
		}
		model->values[at] = value;
		return true;
	}
	if (what < 5) {
		if (map->ops->remove(map, &key) != (at == UINT32_MAX ? ERR_NOENT : 0))
			return false;
		if (at != UINT32_MAX) {
			model->count--;
			model->prefixes[at] = model->prefixes[model->count];
			model->values[at] = model->values[model->count];
		}
		return true;
	}
	return check_lookup(map, model, &key);
}

static void against_a_list(void)
{
	static const struct {
		u32 data_size, max_entries;
	} shapes[] = { { 4, 64 },  { 1, 20 }, { 2, 96 },  { 4, 1 },
		       { 16, 40 }, { 4, 3 },  { 11, 96 }, { 8, 2 } };
	struct model *model = mem_zalloc(sizeof(*model));
	struct map *map = NULL;
	u64 random = 31337;

	CHECK(model != NULL);
	for (size_t i = 0; i < ARRAY_COUNT(shapes); i++) {
		struct prog_map def = map_def(MAP_KIND_LPM_TRIE, 4 + shapes[i].data_size, 8,
					      shapes[i].max_entries);

		def.flags = i % 2 ? 0 : MAP_F_NO_PREALLOC;
		memset(model, 0, sizeof(*model));
		model->data_size = shapes[i].data_size;
		CHECK_EQ(map_new(&def, i % 2 ? W : L, &map, NULL), 0);
		for (u32 n = 0; n < 6000; n++) {
			CHECK(step(map, model, &random));
			if (n % 64 == 0)
				CHECK(check_order(map, model));
		}
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
	mem_free(model);
}

/* Every prefix of a byte at once, then each key of a byte; then without some. */
static void all_of_a_byte(void)
{
	struct prog_map def = map_def(MAP_KIND_LPM_TRIE, 5, 8, 511);
	struct map *map = NULL;
	u8 key[8] = { 0 };

	def.flags = MAP_F_NO_PREALLOC;
	CHECK_EQ(map_new(&def, L, &map, NULL), 0);
	for (u32 len = 0; len <= 8; len++)
		for (u32 bits = 0; bits < 1u << len; bits++) {
			u64 value = (u64)len << 8 | bits << (8 - len);

			memcpy(key, &len, 4);
			key[4] = (u8)(bits << (8 - len));
			CHECK_EQ(map->ops->update(map, key, &value, MAP_NOEXIST), 0);
		}
	for (u32 gone = 0; gone <= 9; gone++) {
		for (u32 byte = 0; byte < 256; byte++) {
			u32 len = 8;
			u64 *value;

			memcpy(key, &len, 4);
			key[4] = (u8)byte;
			value = map->ops->lookup(map, key);
			CHECK_EQ(value != NULL, gone < 9);
			if (value != NULL)
				CHECK_EQ(*value >> 8, 8 - gone);
		}
		for (u32 bits = 0; gone <= 8 && bits < 1u << (8 - gone); bits++) {
			u32 len = 8 - gone;

			memcpy(key, &len, 4);
			key[4] = (u8)(bits << gone);
			CHECK_EQ(map->ops->remove(map, key), 0);
			CHECK_EQ(map->ops->remove(map, key), ERR_NOENT);
		}
	}
	CHECK_EQ(map->ops->next_key(map, NULL, key), ERR_NOENT);
out:
	map_free(map);
}

static void definitions(void)
{
	static const struct {
		u32 key_size, value_size, max_entries, flags;
		enum dialect dialect;
		int status;
	} cases[] = {
		{ 8, 8, 1, 0, L, ERR_INVAL },
		{ 8, 8, 1, 0, W, 0 },
		{ 4, 8, 1, 1, L, ERR_INVAL },
		{ 5, 8, 1, 1, L, 0 },
		{ 260, 8, 1, 1, L, 0 },
		{ 261, 8, 1, 1, L, ERR_INVAL },
		{ 8, 8, 0x40000000, 1, L, ERR_TOOBIG },
		{ 8, UINT32_MAX, 1, 1, L, ERR_TOOBIG },
		{ 8, 8, UINT32_MAX, 1, L, ERR_TOOBIG },
		{ 8, 0, 1, 1, L, ERR_INVAL },
	};
	struct map *map = NULL;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct prog_map def = map_def(MAP_KIND_LPM_TRIE, cases[i].key_size,
					      cases[i].value_size, cases[i].max_entries);
		struct prefix key = { .len = cases[i].key_size * 8 };
		u64 value = 1;

		def.flags = cases[i].flags;
		CHECK_EQ(map_new(&def, cases[i].dialect, &map, NULL), cases[i].status);
		if (map == NULL)
			continue;
		/* Longer than its bits. */
		if (cases[i].key_size < 20) {
			CHECK_EQ(map->ops->update(map, &key, &value, 0), ERR_INVAL);
			CHECK_EQ(map->ops->remove(map, &key), ERR_INVAL);
			CHECK(map->ops->lookup(map, &key) == NULL);
		}
		map_free(map);
		map = NULL;
	}
out:
	map_free(map);
}

TAP_MAIN(TAP_TEST(against_a_list), TAP_TEST(all_of_a_byte), TAP_TEST(definitions))
