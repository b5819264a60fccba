/* SPDX-License-Identifier: MIT */
/* Tries of prefixes: a node a prefix, and a node without a value where two part. Bits that no two
 * prefixes part at have no node. Writers only, one at a time; what they do to nodes that readers
 * may stand on is said in lpm_trie.c. */
#include "map/lpm_trie.h"

static u64 load(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static void store(u64 *p, u64 value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

u32 lpm_common(const struct map_lpm *lpm, const struct lpm_node *node, u32 node_len,
	       const struct lpm_key *key)
{
	u32 limit = MIN(node_len, key->len);

	for (u32 i = 0; i < lpm->words && i * 64 < limit; i++) {
		u64 differ = __atomic_load_n(&node->data[i], __ATOMIC_ACQUIRE) ^ key->words[i];

		if (differ != 0)
			return MIN(limit, i * 64 + (u32)__builtin_clzll(differ));
	}
	return limit;
}

/* --- nodes --- */

/* Its generation stays odd until publish. The name, 0 when there is none. */
static u32 take_node(struct map_lpm *lpm)
{
	u32 name = lpm->free;

	if (name != 0) {
		lpm->free = (u32)load(&lpm_node_at(lpm, name)->child[0]);
	} else if (lpm->fresh < lpm->node_count) {
		name = ++lpm->fresh;
		store(&lpm_node_at(lpm, name)->tag, 1ull << 32);
	}
	return name;
}

/* Odd before anything of it changes: readers that stand on it start again. */
static void give_node(struct map_lpm *lpm, u64 link)
{
	struct lpm_node *node = lpm_node_at(lpm, link);

	store(&node->tag, ((link >> 32) + 1) << 32);
	store(&node->child[0], lpm->free);
	lpm->free = (u32)link;
}

static void fill_node(struct map_lpm *lpm, u32 name, const u64 *words, u64 left, u64 right)
{
	struct lpm_node *node = lpm_node_at(lpm, name);

	for (u32 i = 0; i < lpm->words; i++)
		store(&node->data[i], words[i]);
	store(&node->child[0], left);
	store(&node->child[1], right);
}

/* The node is what its tag says from here on. Gives its link. */
static u64 publish(struct map_lpm *lpm, u32 name, u32 len_and_flag)
{
	struct lpm_node *node = lpm_node_at(lpm, name);
	u64 gen = (load(&node->tag) >> 32) + 1;

	store(&node->tag, gen << 32 | len_and_flag);
	return gen << 32 | name;
}

/* --- finding --- */

struct lpm_node *lpm_exact(const struct map_lpm *lpm, u64 root, const struct lpm_key *key)
{
	for (u64 link = root; link != 0;) {
		struct lpm_node *node = lpm_node_at(lpm, link);
		u64 tag = load(&node->tag);
		u32 len = lpm_len(tag);

		if (lpm_common(lpm, node, len, key) != len)
			return NULL;
		if (len == key->len)
			return ((u32)tag & LPM_HAS_VALUE) != 0 ? node : NULL;
		link = load(&node->child[lpm_bit(key->words, len)]);
	}
	return NULL;
}

u64 lpm_longest(const struct map_lpm *lpm, u64 root, const struct lpm_key *key)
{
	u64 found = 0;

	for (u64 link = root; link != 0;) {
		const struct lpm_node *node = lpm_node_at(lpm, link);
		u64 tag = load(&node->tag);
		u32 len = lpm_len(tag);

		if (lpm_common(lpm, node, len, key) != len)
			break;
		if (((u32)tag & LPM_HAS_VALUE) != 0)
			found = link;
		if (len == key->len)
			break;
		link = load(&node->child[lpm_bit(key->words, len)]);
	}
	return found;
}

/* --- changing --- */

/* Where a prefix is, or where it parts from what is there. */
struct place {
	u64 *slot;   /* holds link */
	u64 *before; /* holds the link of the node that slot is in */
	u64 parent;  /* that link, 0: slot is the root */
	u64 link;
	u32 common; /* of that node and the key */
};

static struct place find_place(struct map_lpm *lpm, u64 *root, const struct lpm_key *key)
{
	struct place at = { .slot = root, .before = root };

	while ((at.link = load(at.slot)) != 0) {
		struct lpm_node *node = lpm_node_at(lpm, at.link);
		u32 len = lpm_len(load(&node->tag));

		at.common = lpm_common(lpm, node, len, key);
		if (at.common != len || len == key->len)
			break;
		at.before = at.slot;
		at.parent = at.link;
		at.slot = &node->child[lpm_bit(key->words, len)];
	}
	return at;
}

/* The new prefix and what is at the place, below a new node where they part. */
static u64 insert_fork(struct map_lpm *lpm, const struct place *at, const struct lpm_key *key,
		       u32 name)
{
	u32 fork = take_node(lpm);
	u64 link;

	if (fork == 0)
		return 0;
	fill_node(lpm, name, key->words, 0, 0);
	link = publish(lpm, name, key->len | LPM_HAS_VALUE);
	if (lpm_bit(key->words, at->common) != 0)
		fill_node(lpm, fork, key->words, at->link, link);
	else
		fill_node(lpm, fork, key->words, link, at->link);
	store(at->slot, publish(lpm, fork, at->common));
	return link;
}

u64 lpm_insert(struct map_lpm *lpm, u64 *root, const struct lpm_key *key, const void *value)
{
	struct place at = find_place(lpm, root, key);
	struct lpm_node *node = at.link == 0 ? NULL : lpm_node_at(lpm, at.link);
	u32 size = lpm->map.def.value_size, name;
	u64 link, below[2] = { 0, 0 };

	if (node != NULL && lpm_len(load(&node->tag)) == key->len && at.common == key->len) {
		/* Two part here; now the place has a value. Its bits are the key's. */
		words_move(lpm_value_of(lpm, node), value, size);
		for (u32 i = 0; i < lpm->words; i++)
			store(&node->data[i], key->words[i]);
		store(&node->tag, load(&node->tag) | LPM_HAS_VALUE);
		return at.link;
	}
	name = take_node(lpm);
	if (name == 0)
		return 0;
	words_move(lpm_value_of(lpm, lpm_node_at(lpm, name)), value, size);
	if (node != NULL && at.common < key->len) {
		link = insert_fork(lpm, &at, key, name);
		if (link == 0)
			give_node(lpm,
				  ((load(&lpm_node_at(lpm, name)->tag) >> 32) - 1) << 32 | name);
		return link;
	}
	if (node != NULL)
		below[lpm_bit(node->data, key->len)] = at.link;
	fill_node(lpm, name, key->words, below[0], below[1]);
	link = publish(lpm, name, key->len | LPM_HAS_VALUE);
	store(at.slot, link);
	return link;
}

void lpm_remove(struct map_lpm *lpm, u64 *root, const struct lpm_key *key)
{
	struct place at = find_place(lpm, root, key);
	struct lpm_node *node = lpm_node_at(lpm, at.link);
	struct lpm_node *parent = at.parent == 0 ? NULL : lpm_node_at(lpm, at.parent);
	u64 left = load(&node->child[0]), right = load(&node->child[1]);

	if (left != 0 && right != 0) {
		store(&node->tag, load(&node->tag) & ~(u64)LPM_HAS_VALUE);
		return;
	}
	if (left == 0 && right == 0 && parent != NULL &&
	    ((u32)load(&parent->tag) & LPM_HAS_VALUE) == 0) {
		/* Nothing parts in the node above any more. */
		store(at.before, load(&parent->child[at.slot == &parent->child[0]]));
		give_node(lpm, at.parent);
	} else {
		store(at.slot, left | right);
	}
	give_node(lpm, at.link);
}

/* --- order: a prefix before those that begin with it, 0 before 1 --- */

struct lpm_node *lpm_first(const struct map_lpm *lpm, u64 root)
{
	struct lpm_node *node = NULL;

	/* A node without a value has both children. */
	for (u64 link = root; link != 0; link = load(&node->child[0])) {
		node = lpm_node_at(lpm, link);
		if (((u32)load(&node->tag) & LPM_HAS_VALUE) != 0)
			return node;
	}
	return NULL;
}

struct lpm_node *lpm_after(const struct map_lpm *lpm, u64 root, const struct lpm_key *key,
			   bool *ret_lost)
{
	u64 link = root, other = 0; /* the nearest one on the right of the way down */

	*ret_lost = false;
	while (link != 0) {
		const struct lpm_node *node = lpm_node_at(lpm, link);
		u64 tag = load(&node->tag);
		u32 len = lpm_len(tag), bit;

		if (lpm_common(lpm, node, len, key) != len)
			break;
		if (len == key->len) {
			if (((u32)tag & LPM_HAS_VALUE) == 0)
				break;
			link = load(&node->child[0]);
			link = link != 0 ? link : load(&node->child[1]);
			return lpm_first(lpm, link != 0 ? link : other);
		}
		bit = lpm_bit(key->words, len);
		if (bit == 0 && load(&node->child[1]) != 0)
			other = load(&node->child[1]);
		link = load(&node->child[bit]);
	}
	*ret_lost = true;
	return NULL;
}
