/* SPDX-License-Identifier: MIT */
/* Bloom filters: bits that values set, and that tell of a value that it was certainly not pushed.
 * As in Linux, the lower four bits of map_extra say how many hashes are made of a value; none:
 * five. */
#include "base/mem.h"
#include "map/types.h"
#include "map/word.h"
#include "os/os.h"
#include "spec/spec.h"

#define DEFAULT_HASHES 5
#define MAX_HASHES     15

struct map_bloom {
	struct map map;
	u64 seed;
	u32 hashes;
	u64 mask; /* bits - 1; their number is a power of two */
	u64 *bits;
};

static int bloom_init(struct map *map, struct error *err)
{
	struct map_bloom *bloom = (struct map_bloom *)map;
	u64 want, bits = 64;
	void *mem;
	int r;

	if (map->def.extra > MAX_HASHES)
		return error_set(err, ERR_INVAL,
				 "map_extra of a bloom_filter is its number of hashes, at most %u",
				 MAX_HASHES);
	bloom->hashes = map->def.extra == 0 ? DEFAULT_HASHES : (u32)map->def.extra;
	/* n hashes of m values in n * m / ln 2 bits: then half of them are set. */
	want = (u64)map->def.max_entries * bloom->hashes / 5 * 7;
	while (bits < want && bits < 1ull << 32)
		bits *= 2;
	bloom->mask = bits - 1;
	if ((map->def.flags & MAP_F_ZERO_SEED) == 0)
		os_random(&bloom->seed, sizeof(bloom->seed));
	r = map_alloc(map, bits / 64, sizeof(*bloom->bits), &mem, err);
	if (r == 0)
		bloom->bits = mem;
	return r;
}

static void bloom_fini(struct map *map)
{
	mem_free(((struct map_bloom *)map)->bits);
}

static u64 bit_of(const struct map_bloom *bloom, const void *value, u32 i)
{
	return words_hash(value, bloom->map.def.value_size,
			  bloom->seed + i * 0x9e3779b97f4a7c15ull) &
	       bloom->mask;
}

static int bloom_push(struct map *map, const void *value, u64 flags)
{
	struct map_bloom *bloom = (struct map_bloom *)map;

	if (flags != MAP_ANY)
		return ERR_INVAL;
	for (u32 i = 0; i < bloom->hashes; i++) {
		u64 at = bit_of(bloom, value, i);

		__atomic_fetch_or(&bloom->bits[at / 64], 1ull << at % 64, __ATOMIC_RELAXED);
	}
	return 0;
}

/* The value is what is asked for. */
static int bloom_peek(struct map *map, void *value)
{
	const struct map_bloom *bloom = (const struct map_bloom *)map;

	for (u32 i = 0; i < bloom->hashes; i++) {
		u64 at = bit_of(bloom, value, i);

		if ((__atomic_load_n(&bloom->bits[at / 64], __ATOMIC_RELAXED) & 1ull << at % 64) ==
		    0)
			return ERR_NOENT;
	}
	return 0;
}

const struct map_ops map_bloom_filter_ops = {
	.size = sizeof(struct map_bloom),
	.flags = MAP_FLAGS_BOTH | MAP_F_ZERO_SEED,
	.init = bloom_init,
	.fini = bloom_fini,
	.lookup = map_no_lookup,
	.update = map_no_update,
	.remove = map_no_remove,
	.contains = map_no_values,
	.push = bloom_push,
	.peek = bloom_peek,
};
