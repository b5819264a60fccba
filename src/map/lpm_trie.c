/* SPDX-License-Identifier: MIT */
/* Maps of prefixes. The first bits of a key choose one of many small tries, so that the upper
 * levels of one large one are not walked. Prefixes shorter than that are in a trie of their own;
 * what matters of it for a lookup, the longest that covers the first bits, stands in two tables.
 *
 * Why readers need no lock. A node's prefix never changes while its generation is the same, and
 * links name nodes with their generation. A reader loads a link, then the node, then the node's
 * generation again: if it still is the link's, what was read belongs together, and the node was
 * where the link was found. If not, the node has left the trie since; the reader starts again.
 * Writers change one link at a time and always so that from every node that ever was in the trie
 * all prefixes below it can be reached: a new node has its children before it is linked, one that
 * leaves keeps its links until its generation changes. */
#include "map/lpm_trie.h"

#include "base/mem.h"
#include "spec/spec.h"

#define MAX_TOP_BITS 16

static int check_sizes(const struct map *map, struct error *err)
{
	u32 size = map->def.key_size;

	if (size < 5 || size > 4 + LPM_MAX_DATA)
		return error_set(err, ERR_INVAL,
				 "key_size of an lpm_trie must be 5 to %u (a length and the bits), "
				 "not %u",
				 4 + LPM_MAX_DATA, size);
	if (map->dialect != DIALECT_WINDOWS && (map->def.flags & MAP_F_NO_PREALLOC) == 0)
		return error_set(err, ERR_INVAL, "an lpm_trie needs the flag BPF_F_NO_PREALLOC");
	return 0;
}

static int alloc_tables(struct map_lpm *lpm, struct error *err)
{
	struct map *map = &lpm->map;
	void *mem;
	int r = map_alloc(map, lpm->node_count, lpm->stride.size, &mem, err);

	if (r < 0)
		return r;
	lpm->pool = mem;
	r = map_alloc(map, 1ull << lpm->top_bits, sizeof(*lpm->tops), &mem, err);
	if (r < 0)
		return r;
	lpm->tops = mem;
	r = map_alloc(map, 1ull << lpm->low_bits, sizeof(*lpm->lows), &mem, err);
	if (r == 0)
		lpm->lows = mem;
	return r;
}

static int lpm_init(struct map *map, struct error *err)
{
	struct map_lpm *lpm = (struct map_lpm *)map;
	u64 max = map->def.max_entries, value_off, stride;
	int r = check_sizes(map, err);

	if (r < 0)
		return r;
	lpm->data_size = map->def.key_size - (u32)sizeof(u32);
	lpm->max_len = lpm->data_size * 8;
	lpm->words = (lpm->data_size + 7) / 8;
	value_off = sizeof(struct lpm_node) + (u64)lpm->words * 8;
	stride = value_off + map_round8(map->def.value_size);
	/* A node for each prefix, and one less where they part. */
	if (max * 2 > UINT32_MAX - 1 || max * 2 * stride > MAP_MAX_MEMORY)
		return error_set(err, ERR_TOOBIG,
				 "an lpm_trie of %u entries of %u + %u bytes is over the limit of "
				 "4 GiB",
				 map->def.max_entries, map->def.key_size, map->def.value_size);
	lpm->value_off = (u32)value_off;
	lpm->stride = stride_of((u32)stride);
	lpm->node_count = (u32)max * 2;
	while (lpm->top_bits < MIN((u32)MAX_TOP_BITS, lpm->max_len) && 2ull << lpm->top_bits <= max)
		lpm->top_bits++;
	lpm->low_bits = lpm->top_bits / 2;
	return alloc_tables(lpm, err);
}

static void lpm_fini(struct map *map)
{
	struct map_lpm *lpm = (struct map_lpm *)map;

	mem_free(lpm->pool);
	mem_free(lpm->tops);
	mem_free(lpm->lows);
}

/* --- keys: a u32 of the host, then bytes --- */

static bool read_key(const struct map_lpm *lpm, const u8 *from, struct lpm_key *ret_key)
{
	const u8 *p = from + sizeof(u32);
	u32 left = lpm->data_size;

	ret_key->len = word_half(from);
	ret_key->words[0] = 0; /* there is at least one, as far as an analyser knows */
	for (u32 i = 0; i < lpm->words; i++, p += 8, left -= 8) {
		u64 word = left >= 8 ? word_get(p) : word_tail(p, left);

		ret_key->words[i] = __builtin_bswap64(word);
		if (left <= 8)
			break;
	}
	return ret_key->len <= lpm->max_len;
}

static void write_key(const struct map_lpm *lpm, const struct lpm_node *node, u8 *to)
{
	u32 len = lpm_len(node->tag), left = lpm->data_size;

	memcpy(to, &len, sizeof(len));
	to += sizeof(len);
	for (u32 i = 0; i < lpm->words; i++, to += 8) {
		word_put(to, __builtin_bswap64(node->data[i]), MIN(left, 8u));
		left -= MIN(left, 8u);
	}
}

/* --- readers --- */

/* The longest in the trie at *root; *ret_found stays when there is none. False: again. */
ALWAYS_INLINE bool walk(const struct map_lpm *lpm, const u64 *root, const struct lpm_key *key,
			u64 *ret_found)
{
	u64 link = __atomic_load_n(root, __ATOMIC_ACQUIRE);

	while (link != 0) {
		const struct lpm_node *node = lpm_node_at(lpm, link);
		u64 tag = __atomic_load_n(&node->tag, __ATOMIC_ACQUIRE), next = 0;
		u32 len = lpm_len(tag), common;

		if (tag >> 32 != link >> 32)
			return false;
		common = lpm_common(lpm, node, len, key);
		if (common == len && len < key->len)
			next = __atomic_load_n(&node->child[lpm_bit(key->words, len)],
					       __ATOMIC_ACQUIRE);
		if (__atomic_load_n(&node->tag, __ATOMIC_RELAXED) >> 32 != link >> 32)
			return false;
		if (common != len)
			break;
		if (((u32)tag & LPM_HAS_VALUE) != 0)
			*ret_found = link;
		link = next;
	}
	return true;
}

/* What a table names may have left the trie since. */
static bool from_table(const struct map_lpm *lpm, const u64 *place, const struct lpm_key *key,
		       u64 *ret_found)
{
	u64 link = __atomic_load_n(place, __ATOMIC_ACQUIRE), tag;

	if (link == 0)
		return true;
	tag = __atomic_load_n(&lpm_node_at(lpm, link)->tag, __ATOMIC_ACQUIRE);
	if (tag >> 32 != link >> 32 || ((u32)tag & LPM_HAS_VALUE) == 0)
		return false;
	if (lpm_len(tag) <= key->len)
		*ret_found = link;
	return true;
}

/* A key that is shorter than the tables' index: not what lookups are for, but allowed. */
static bool walk_short(const struct map_lpm *lpm, const struct lpm_key *key, u64 *ret_found)
{
	return walk(lpm, &lpm->shorts, key, ret_found);
}

static u64 find(const struct map_lpm *lpm, const struct lpm_key *key)
{
	const struct lpm_top *top = &lpm->tops[lpm_index(key, lpm->top_bits)];
	const u64 *low = &lpm->lows[lpm_index(key, lpm->low_bits)];
	u64 found;
	bool done;

	do {
		found = 0;
		if (key->len < lpm->top_bits) {
			done = walk_short(lpm, key, &found);
			continue;
		}
		done = walk(lpm, &top->root, key, &found);
		if (done && found == 0)
			done = from_table(lpm, &top->best, key, &found);
		if (done && found == 0)
			done = from_table(lpm, low, key, &found);
	} while (!done);
	return found;
}

static void *lpm_lookup(struct map *map, const void *key)
{
	const struct map_lpm *lpm = (const struct map_lpm *)map;
	struct lpm_key k;
	u64 found;

	if (!read_key(lpm, key, &k))
		return NULL;
	found = find(lpm, &k);
	return found == 0 ? NULL : lpm_value_of(lpm, lpm_node_at(lpm, found));
}

static int lpm_read(struct map *map, const void *key, void *ret_value)
{
	const struct map_lpm *lpm = (const struct map_lpm *)map;
	struct lpm_key k;
	u64 found;

	if (!read_key(lpm, key, &k))
		return ERR_NOENT;
	do {
		found = find(lpm, &k);
		if (found == 0)
			return ERR_NOENT;
		words_load(ret_value, lpm_value_of(lpm, lpm_node_at(lpm, found)),
			   map->def.value_size);
	} while (__atomic_load_n(&lpm_node_at(lpm, found)->tag, __ATOMIC_RELAXED) >> 32 !=
		 found >> 32);
	return 0;
}

/* --- writers --- */

static u64 *root_of(struct map_lpm *lpm, const struct lpm_key *key)
{
	if (key->len < lpm->top_bits)
		return &lpm->shorts;
	return &lpm->tops[lpm_index(key, lpm->top_bits)].root;
}

/* The table's places that a short prefix covers: those of them that name a prefix of at most len
 * bits, or none, or from, name to from now on. */
static void cover(struct map_lpm *lpm, const struct lpm_key *key, u64 from, u64 to)
{
	bool is_low = key->len < lpm->low_bits || lpm->low_bits == 0;
	u32 bits = is_low ? lpm->low_bits : lpm->top_bits;
	u32 first = lpm_index(key, bits) & ~((1u << (bits - key->len)) - 1);

	for (u32 i = first; i < first + (1u << (bits - key->len)); i++) {
		u64 *place = is_low ? &lpm->lows[i] : &lpm->tops[i].best;
		u64 link = *place;

		if (from != 0 ? link == from
			      : link == 0 || lpm_len(lpm_node_at(lpm, link)->tag) <= key->len)
			__atomic_store_n(place, to, __ATOMIC_RELEASE);
	}
}

/* What covers a short prefix that goes, in its own table. */
static u64 covers_next(const struct map_lpm *lpm, const struct lpm_key *key)
{
	struct lpm_key shorter = *key;
	u64 link;

	if (key->len == 0)
		return 0;
	shorter.len--;
	link = lpm_longest(lpm, lpm->shorts, &shorter);
	if (link != 0 && key->len >= lpm->low_bits &&
	    lpm_len(lpm_node_at(lpm, link)->tag) < lpm->low_bits)
		return 0;
	return link;
}

static int update_locked(struct map_lpm *lpm, const struct lpm_key *key, const void *value,
			 u64 flags)
{
	u64 *root = root_of(lpm, key), link;
	struct lpm_node *node = lpm_exact(lpm, *root, key);

	if (node != NULL && flags == MAP_NOEXIST)
		return ERR_EXIST;
	if (node == NULL && flags == MAP_EXIST)
		return ERR_NOENT;
	if (node != NULL) {
		words_move(lpm_value_of(lpm, node), value, lpm->map.def.value_size);
		return 0;
	}
	if (lpm->count == lpm->map.def.max_entries)
		return ERR_NOSPC;
	link = lpm_insert(lpm, root, key, value);
	if (link == 0)
		return ERR_NOSPC;
	lpm->count++;
	if (root == &lpm->shorts)
		cover(lpm, key, 0, link);
	return 0;
}

static int lpm_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct map_lpm *lpm = (struct map_lpm *)map;
	struct lpm_key k;
	int r = map_check_update_flags(flags);
	u8 state;

	if (r < 0)
		return r;
	if (!read_key(lpm, key, &k))
		return ERR_INVAL;
	state = os_lock_take(&lpm->lock);
	r = update_locked(lpm, &k, value, flags);
	os_lock_give(&lpm->lock, state);
	return r;
}

static int lpm_delete(struct map *map, const void *key)
{
	struct map_lpm *lpm = (struct map_lpm *)map;
	struct lpm_key k;
	struct lpm_node *node;
	u64 *root;
	u8 state;

	if (!read_key(lpm, key, &k))
		return ERR_INVAL;
	state = os_lock_take(&lpm->lock);
	root = root_of(lpm, &k);
	node = lpm_exact(lpm, *root, &k);
	if (node != NULL) {
		if (root == &lpm->shorts)
			cover(lpm, &k, lpm_longest(lpm, lpm->shorts, &k), covers_next(lpm, &k));
		lpm_remove(lpm, root, &k);
		lpm->count--;
	}
	os_lock_give(&lpm->lock, state);
	return node == NULL ? ERR_NOENT : 0;
}

/* --- order: the short ones, then trie after trie --- */

static struct lpm_node *first_from(const struct map_lpm *lpm, u64 top)
{
	struct lpm_node *node = NULL;

	for (; node == NULL && top < 1ull << lpm->top_bits; top++)
		node = lpm_first(lpm, lpm->tops[top].root);
	return node;
}

static struct lpm_node *first_of_all(const struct map_lpm *lpm)
{
	struct lpm_node *node = lpm_first(lpm, lpm->shorts);

	return node != NULL ? node : first_from(lpm, 0);
}

static struct lpm_node *next_node(const struct map_lpm *lpm, const struct lpm_key *key)
{
	bool is_short = key->len < lpm->top_bits, lost;
	u64 top = is_short ? 0 : (u64)lpm_index(key, lpm->top_bits);
	struct lpm_node *node =
		lpm_after(lpm, is_short ? lpm->shorts : lpm->tops[top].root, key, &lost);

	if (lost)
		return first_of_all(lpm);
	if (node != NULL)
		return node;
	return first_from(lpm, is_short ? 0 : top + 1);
}

static int lpm_next_key(struct map *map, const void *key, void *ret_key)
{
	struct map_lpm *lpm = (struct map_lpm *)map;
	struct lpm_node *node;
	struct lpm_key k;
	bool known = key != NULL && read_key(lpm, key, &k);
	u8 state = os_lock_take(&lpm->lock);

	node = known ? next_node(lpm, &k) : first_of_all(lpm);
	if (node != NULL)
		write_key(lpm, node, ret_key);
	os_lock_give(&lpm->lock, state);
	return node == NULL ? ERR_NOENT : 0;
}

static bool lpm_contains(const struct map *map, u64 addr, u32 size)
{
	const struct map_lpm *lpm = (const struct map_lpm *)map;
	u64 off = addr - (u64)(uintptr_t)lpm->pool;
	u32 inside;

	if (off >= (u64)lpm->stride.size * lpm->node_count)
		return false;
	inside = (u32)off - stride_index(lpm->stride, (u32)off) * lpm->stride.size;
	if (inside < lpm->value_off)
		return false;
	inside -= lpm->value_off;
	return inside < map->def.value_size && size <= map->def.value_size - inside;
}

const struct map_ops map_lpm_trie_ops = {
	.size = sizeof(struct map_lpm),
	.flags = MAP_FLAGS_BOTH | MAP_F_NO_PREALLOC,
	.init = lpm_init,
	.fini = lpm_fini,
	.lookup = lpm_lookup,
	.update = lpm_update,
	.remove = lpm_delete,
	.next_key = lpm_next_key,
	.contains = lpm_contains,
	.read = lpm_read,
};
