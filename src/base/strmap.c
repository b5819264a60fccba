/* SPDX-License-Identifier: MIT */
#include "base/strmap.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

struct strmap_entry {
	const char *name; /* NULL: free */
	u64 hash;
	u64 value;
};

void strmap_init(struct strmap *map, u64 seed)
{
	*map = (struct strmap){ .seed = seed };
}

void strmap_fini(struct strmap *map)
{
	mem_free(map->entries);
	strmap_init(map, map->seed);
}

/* The entry of that name or the free one where it belongs; the table is never full. */
static struct strmap_entry *strmap_slot(const struct strmap *map, const char *name, u64 hash)
{
	size_t i = (size_t)hash & (map->cap - 1);

	while (map->entries[i].name != NULL) {
		if (map->entries[i].hash == hash && str_eq(map->entries[i].name, name))
			break;
		i = (i + 1) & (map->cap - 1);
	}
	return &map->entries[i];
}

static int strmap_grow(struct strmap *map)
{
	struct strmap bigger = { .cap = map->cap == 0 ? 16 : map->cap * 2, .seed = map->seed };

	bigger.entries = mem_zalloc_array(bigger.cap, sizeof(*bigger.entries));
	if (bigger.entries == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < map->cap; i++) {
		const struct strmap_entry *entry = &map->entries[i];

		if (entry->name != NULL)
			*strmap_slot(&bigger, entry->name, entry->hash) = *entry;
	}
	mem_free(map->entries);
	map->entries = bigger.entries;
	map->cap = bigger.cap;
	return 0;
}

int strmap_put(struct strmap *map, const char *name, u64 value)
{
	u64 hash = hash_bytes(name, strlen(name), map->seed);
	struct strmap_entry *entry;

	if ((map->count + 1) * 4 > map->cap * 3 && strmap_grow(map) != 0)
		return ERR_NOMEM;
	entry = strmap_slot(map, name, hash);
	if (entry->name == NULL)
		map->count++;
	*entry = (struct strmap_entry){ name, hash, value };
	return 0;
}

bool strmap_get(const struct strmap *map, const char *name, u64 *ret_value)
{
	const struct strmap_entry *entry;

	if (map->cap == 0)
		return false;
	entry = strmap_slot(map, name, hash_bytes(name, strlen(name), map->seed));
	if (entry->name == NULL)
		return false;
	*ret_value = entry->value;
	return true;
}
