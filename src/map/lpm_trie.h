/* SPDX-License-Identifier: MIT */
/* Inside of the trie of prefixes; lpm_trie.c says how it is built. */
#pragma once

#include "map/stride.h"
#include "map/types.h"
#include "map/word.h"
#include "os/lock.h"

#define LPM_MAX_DATA 256 /* bytes of a key behind its length, as in Linux */
#define LPM_WORDS    (LPM_MAX_DATA / 8)

/* A link names a node (its position plus one) and has the generation that the node must be of: one
 * that was used again for another prefix since is not it. 0: none. */
struct lpm_node {
	u64 tag; /* generation in the upper half, odd while the node is free or being filled; then
		    LPM_HAS_VALUE and the prefix's length */
	u64 child[2];
	u64 data[]; /* the prefix, as big-endian words; then the value */
};
#define LPM_HAS_VALUE 0x80000000u

/* What begins with one sequence of bits. */
struct lpm_top {
	u64 root; /* of prefixes that are at least that long */
	u64 best; /* the longest of those that are shorter, and not so short that they have a place
		     of their own */
};

struct map_lpm {
	struct map map;
	struct os_lock lock; /* of writers */
	u32 data_size, max_len;
	u32 words; /* of data */
	u32 value_off;
	struct stride stride;
	u8 *pool;
	u32 node_count, fresh,
		free;		/* nodes; those never used begin at fresh; chain of free ones */
	u32 count;		/* prefixes */
	u32 top_bits, low_bits; /* of the index into tops, and into lows */
	struct lpm_top *tops;
	u64 *lows;  /* the longest of the shortest prefixes, by their first low_bits bits */
	u64 shorts; /* root of all prefixes shorter than top_bits */
};

struct lpm_key {
	u32 len; /* bits */
	u64 words[LPM_WORDS];
};

static inline struct lpm_node *lpm_node_at(const struct map_lpm *lpm, u64 link)
{
	return (struct lpm_node *)(void *)(lpm->pool + (size_t)((u32)link - 1) * lpm->stride.size);
}

static inline u64 *lpm_value_of(const struct map_lpm *lpm, struct lpm_node *node)
{
	return (u64 *)(void *)((u8 *)node + lpm->value_off);
}

static inline u32 lpm_len(u64 tag)
{
	return (u32)tag & ~LPM_HAS_VALUE;
}

static inline u32 lpm_bit(const u64 *words, u32 at)
{
	return (u32)(words[at / 64] >> (63 - at % 64)) & 1;
}

/* The first bits of a key as a number. */
static inline u32 lpm_index(const struct lpm_key *key, u32 bits)
{
	return bits == 0 ? 0 : (u32)(key->words[0] >> (64 - bits));
}

/* --- lpm_nodes.c: one trie; the caller holds the lock
 * --------------------------------------------- */

/* How many bits a node's prefix and a key have in common, up to the shorter one's length. */
u32 lpm_common(const struct map_lpm *lpm, const struct lpm_node *node, u32 node_len,
	       const struct lpm_key *key);
/* The node with just that prefix and a value; NULL when there is none. */
struct lpm_node *lpm_exact(const struct map_lpm *lpm, u64 root, const struct lpm_key *key);
/* The link of the longest prefix that the key begins with; 0: none. */
u64 lpm_longest(const struct map_lpm *lpm, u64 root, const struct lpm_key *key);
/* Adds a prefix that is not there, and gives its link; 0: no node is left. */
u64 lpm_insert(struct map_lpm *lpm, u64 *root, const struct lpm_key *key, const void *value);
/* Takes one out that is there. */
void lpm_remove(struct map_lpm *lpm, u64 *root, const struct lpm_key *key);
/* The first prefix below root, or the one after key; NULL at the end, or when key is not there:
 * then *ret_lost. */
struct lpm_node *lpm_first(const struct map_lpm *lpm, u64 root);
struct lpm_node *lpm_after(const struct map_lpm *lpm, u64 root, const struct lpm_key *key,
			   bool *ret_lost);
