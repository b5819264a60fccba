/* SPDX-License-Identifier: MIT */
/* Hash maps: buckets of chains over a pool that is taken at creation, so that an update never fails
 * for want of memory and a value never moves. Who adds or removes takes the bucket's lock; who
 * updates what is there claims its element alone, so that processors which count in the same map
 * hand one cache line to each other and not two; readers take nothing.
 *
 * Why a reader finds what is there. Elements are added at the head of their chain only, complete
 * before one store links them; they leave by one store to the link that names them and keep their
 * own link until they are used again. So from every element of a chain that a reader can stand on,
 * links lead to all elements that were below it and still are in the chain, until it is used again.
 * Then it leads into the chain that it is in now. If that is another one, the way ends at an end
 * that is not ours (or comes back to our chain by an element that went there meanwhile, above all
 * that was there before), and the reader starts again. If it is the same one, the element is at its
 * head, and everything else is below it.
 *
 * Why it is the right one. An element's tag is odd from before its key changes until after; a
 * reader compares the key between two loads of the tag that have to give the same even generation.
 * Keys are stored with release after the odd tag, and loaded with acquire, so that whoever has read
 * a word of the new key reads the odd tag or a later one afterwards. The generation has 31 bits:
 * between the two loads it does not come round.
 *
 * Why an update is neither lost nor another key's. A claim is one exchange of the tag that has
 * found the key for the same with HASH_CLAIMED, so it fails when the element has left its chain,
 * and while it stands nobody else has one. Whoever takes an element out makes its tag odd out of a
 * claim (or in one exchange), before the element can be used again. So what is written under a
 * claim is written to that key's value, and before whoever takes it out reads it.
 *
 * A program that updates its own CPU's value has no rival for it but those who claim the element
 * for all CPUs or take it out, so it leaves the tag's line alone, which is everybody's. It (1) says
 * on a line of its CPU where it is, and (2) goes on if the tag is the one that it found, unclaimed,
 * else claims the element, too. The others (a) change the tag, and (b) wait until no CPU says that
 * it is there, before they touch its values. All four are sequentially consistent: either (1) is
 * before (b), which waits then, or (a) before (2), which sees it then. A claim for one's own CPU's
 * value alone needs no (b). */
#include "map/hash.h"

ALWAYS_INLINE bool key_is(const struct map_hash *hash, struct hash_elem *elem, const void *key)
{
	u32 size = hash->map.def.key_size;

	/* The sizes that most keys have, in one comparison. */
	if (size == 4)
		return __atomic_load_n(hash_key_of(elem), __ATOMIC_ACQUIRE) == word_half(key);
	if (size == 8)
		return __atomic_load_n(hash_key_of(elem), __ATOMIC_ACQUIRE) == word_get(key);
	return words_equal(hash_key_of(elem), key, size);
}

static bool is_end(u32 name)
{
	return (s32)name <= 0;
}

u32 hash_find(const struct map_hash *hash, const void *key, u32 h, u64 *ret_tag)
{
	const u32 bucket = h & hash->mask, end = HASH_END(bucket);
	u32 name;

again:
	name = __atomic_load_n(&hash->buckets[bucket].head, __ATOMIC_ACQUIRE);
	if (name == 0)
		return 0;
	while (!is_end(name)) {
		struct hash_elem *elem = hash_elem_at(hash, name);
		u64 tag = hash_tag_of(elem);

		if ((u32)tag == h && (tag & HASH_ODD) == 0 && key_is(hash, elem, key)) {
			if (!hash_is_still(elem, tag))
				goto again;
			*ret_tag = tag;
			return name;
		}
		name = __atomic_load_n(&elem->next, __ATOMIC_ACQUIRE);
	}
	if (name != end)
		goto again;
	return 0;
}

bool hash_key_at(const struct map_hash *hash, u32 name, void *ret_key)
{
	struct hash_elem *elem = hash_elem_at(hash, name);
	u64 tag = hash_tag_of(elem);

	/* 0: never used. */
	while (tag != 0 && (tag & HASH_ODD) == 0) {
		words_load(ret_key, hash_key_of(elem), hash->map.def.key_size);
		if (hash_is_still(elem, tag))
			return true;
		tag = hash_tag_of(elem);
	}
	return false;
}

u32 *hash_find_link(struct map_hash *hash, u32 bucket, u32 name, const void *key, u32 h)
{
	u32 *link = &hash->buckets[bucket].head;

	for (;;) {
		u32 at = __atomic_load_n(link, __ATOMIC_RELAXED);
		struct hash_elem *elem;

		if (is_end(at))
			return NULL;
		elem = hash_elem_at(hash, at);
		if (name != 0 ? at == name : (u32)hash_tag_of(elem) == h && key_is(hash, elem, key))
			return link;
		link = &elem->next;
	}
}

static void store_values(struct map_hash *hash, u32 name, const struct hash_put *put, bool is_new)
{
	u32 size = hash->value_size;

	if (put->cpu != HASH_ALL_CPUS) {
		words_move(hash_value_at(hash, name, put->cpu), put->value, size);
		for (u32 cpu = 0; is_new && cpu < hash->map.cpus; cpu++)
			if (cpu != put->cpu)
				words_zero(hash_value_at(hash, name, cpu), size);
		return;
	}
	for (u32 cpu = 0; cpu < hash->map.cpus; cpu++)
		words_move(hash_value_at(hash, name, cpu),
			   (const u8 *)put->value + cpu * map_round8(size), size);
}

void hash_values_load(const struct map_hash *hash, u32 name, void *ret_value)
{
	u32 size = hash->value_size;
	u64 step = map_round8(size);

	for (u32 cpu = 0; cpu < hash->map.cpus; cpu++)
		words_load((u8 *)ret_value + cpu * step, hash_value_at(hash, name, cpu),
			   hash->map.cpus > 1 ? (u32)step : size);
}

/* False: it is not what its tag said any more. */
static bool claim(struct hash_elem *elem, u64 tag)
{
	for (u32 round = 0;; os_relax(round++)) {
		u64 now = tag;

		if (__atomic_compare_exchange_n(&elem->tag, &now, tag | HASH_CLAIMED, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return true;
		if ((now & ~HASH_CLAIMED) != tag)
			return false;
	}
}

static void unclaim(struct hash_elem *elem, u64 tag)
{
	__atomic_store_n(&elem->tag, tag, __ATOMIC_RELEASE);
}

void hash_wait_for_cpus(const struct map_hash *hash, u32 name)
{
	for (u32 cpu = 0, round = 0; hash->per_cpu && cpu < hash->map.cpus;) {
		if (__atomic_load_n(hash_busy_name(hash, cpu), __ATOMIC_SEQ_CST) == name)
			os_relax(round++);
		else
			cpu++;
	}
}

/* The bucket is locked, so that the element stays in its chain: gives its tag. */
static u64 claim_linked(const struct map_hash *hash, u32 name)
{
	struct hash_elem *elem = hash_elem_at(hash, name);
	u64 tag = hash_tag_of(elem);

	(void)claim(elem, tag);
	hash_wait_for_cpus(hash, name);
	return tag;
}

/* The bucket is locked, name is free. Key and value may lie in this very element's old value, which
 * its program has deleted: so the key goes first. */
static void link_elem(struct map_hash *hash, u32 name, u32 h, const struct hash_put *put)
{
	struct hash_elem *elem = hash_elem_at(hash, name);
	u32 *head = &hash->buckets[h & hash->mask].head;
	u64 tag = ((hash_tag_of(elem) & ~(u64)UINT32_MAX) + HASH_ODD) & ~HASH_CLAIMED;
	u32 next = *head;

	words_move(hash_key_of(elem), put->key, hash->map.def.key_size);
	store_values(hash, name, put, true);
	__atomic_store_n(&elem->ref, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&elem->next, next != 0 ? next : HASH_END(h & hash->mask),
			 __ATOMIC_RELEASE);
	__atomic_store_n(&elem->tag, tag | h, __ATOMIC_RELEASE);
	__atomic_store_n(head, name, __ATOMIC_RELEASE);
}

/* The element is claimed, or this CPU says that it is there. */
static int put_over(struct map_hash *hash, u32 name, const struct hash_put *put)
{
	struct hash_elem *elem = hash_elem_at(hash, name);

	if (put->flags == MAP_NOEXIST)
		return ERR_EXIST;
	if (put->ret_old != NULL)
		*put->ret_old = *hash_value_at(hash, name, 0);
	if (hash->is_lru && __atomic_load_n(&elem->ref, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&elem->ref, 1, __ATOMIC_RELAXED);
	store_values(hash, name, put, false);
	return 0;
}

/* One try. *name: an element for a new key; 0: none yet. It is 0 afterwards when it was used. */
static int put_locked(struct map_hash *hash, u32 h, const struct hash_put *put, u32 *name)
{
	u32 *link = hash_find_link(hash, h & hash->mask, 0, put->key, h);

	if (link != NULL) {
		struct hash_elem *elem = hash_elem_at(hash, *link);
		u64 tag = claim_linked(hash, *link);
		int r = put_over(hash, *link, put);

		unclaim(elem, tag);
		return r;
	}
	if (put->flags == MAP_EXIST)
		return ERR_NOENT;
	if (*name == 0)
		*name = hash_pool_take(hash, h);
	if (*name == 0)
		return ERR_TOOBIG;
	link_elem(hash, *name, h, put);
	*name = 0;
	return 0;
}

/* The value of the CPU that we are. False: the tag is another one. */
static bool put_on_own_cpu(struct map_hash *hash, u32 name, u64 tag, const struct hash_put *put,
			   int *ret_result)
{
	u32 *busy = hash_busy_name(hash, put->cpu);
	bool still;

	__atomic_exchange_n(busy, name, __ATOMIC_SEQ_CST);
	still = __atomic_load_n(&hash_elem_at(hash, name)->tag, __ATOMIC_SEQ_CST) == tag;
	if (still)
		*ret_result = put_over(hash, name, put);
	__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return still;
}

static bool put_claimed(struct map_hash *hash, u32 name, u64 tag, const struct hash_put *put,
			int *ret_result)
{
	if (!claim(hash_elem_at(hash, name), tag))
		return false;
	if (!put->own_cpu)
		hash_wait_for_cpus(hash, name);
	*ret_result = put_over(hash, name, put);
	unclaim(hash_elem_at(hash, name), tag);
	return true;
}

/* Without the bucket's lock, so that its line need not come. False: there is no such key, or just
 * not any more. */
static bool put_in_place(struct map_hash *hash, u32 h, const struct hash_put *put, int *ret_result)
{
	u8 state = os_preempt_off();
	u64 tag;
	u32 name = hash_find(hash, put->key, h, &tag);
	bool done =
		name != 0 && ((put->own_cpu && put_on_own_cpu(hash, name, tag, put, ret_result)) ||
			      put_claimed(hash, name, tag, put, ret_result));

	os_preempt_on(state);
	return done;
}

static int put_in_bucket(struct map_hash *hash, u32 h, const struct hash_put *put, u32 *name)
{
	struct os_lock *lock = &hash->buckets[h & hash->mask].lock;
	u8 state = os_lock_take(lock);
	int r = put_locked(hash, h, put, name);

	os_lock_give(lock, state);
	return r;
}

int hash_put(struct map_hash *hash, const struct hash_put *put)
{
	u32 h = hash_of(hash, put->key), name = 0;
	int r = map_check_update_flags(put->flags);
	bool evicts;

	if (r < 0 || put_in_place(hash, h, put, &r))
		return r;
	/* Evicting takes another bucket's lock, so not with this one held. The key may come
	 * meanwhile; then an element was evicted for nothing. */
	evicts = hash_pool_is_full(hash) && put->flags != MAP_EXIST;
	if (evicts)
		name = hash_evict(hash, h);
	r = put_in_bucket(hash, h, put, &name);
	if (r == ERR_TOOBIG && hash->is_lru) {
		if (!evicts)
			name = hash_evict(hash, h);
		r = name == 0 ? ERR_NOMEM : put_in_bucket(hash, h, put, &name);
	}
	if (name != 0)
		hash_pool_give(hash, name, hash_tag_of(hash_elem_at(hash, name)));
	return r;
}

int hash_cut(struct map_hash *hash, const void *key, void *ret_value)
{
	u32 h = hash_of(hash, key), name = 0;
	struct hash_bucket *bucket = &hash->buckets[h & hash->mask];
	u8 state = os_lock_take(&bucket->lock);
	u32 *link = hash_find_link(hash, h & hash->mask, 0, key, h);
	u64 tag = 0;

	if (link != NULL) {
		struct hash_elem *elem;

		name = *link;
		elem = hash_elem_at(hash, name);
		tag = claim_linked(hash, name);
		if (ret_value != NULL)
			hash_values_load(hash, name, ret_value);
		unclaim(elem, tag | HASH_ODD);
		__atomic_store_n(link, elem->next, __ATOMIC_RELEASE);
	}
	os_lock_give(&bucket->lock, state);
	if (name == 0)
		return ERR_NOENT;
	hash_pool_give(hash, name, tag);
	return 0;
}

/* The first element of the first chain from bucket on that has one; the chain's end at the end. The
 * key is copied while nobody can change it. */
static int first_key(struct map_hash *hash, u64 bucket, void *ret_key)
{
	for (; bucket <= hash->mask; bucket++) {
		struct hash_bucket *b = &hash->buckets[bucket];
		u8 state;
		u32 name;

		if (is_end(__atomic_load_n(&b->head, __ATOMIC_RELAXED)))
			continue;
		state = os_lock_take(&b->lock);
		name = __atomic_load_n(&b->head, __ATOMIC_RELAXED);
		if (!is_end(name))
			words_load(ret_key, hash_key_of(hash_elem_at(hash, name)),
				   hash->map.def.key_size);
		os_lock_give(&b->lock, state);
		if (!is_end(name))
			return 0;
	}
	return ERR_NOENT;
}

/* Bucket by bucket. A key that has gone since starts again: the caller sees elements twice rather
 * than none. */
int hash_next_key(struct map *map, const void *key, void *ret_key)
{
	struct map_hash *hash = (struct map_hash *)map;
	u64 bucket = 0;

	if (key != NULL) {
		u32 h = hash_of(hash, key), next = 0;
		struct hash_bucket *b = &hash->buckets[h & hash->mask];
		u8 state = os_lock_take(&b->lock);
		u32 *link = hash_find_link(hash, h & hash->mask, 0, key, h);

		if (link != NULL) {
			next = hash_elem_at(hash, *link)->next;
			bucket = (u64)(h & hash->mask) + 1;
			if (!is_end(next))
				words_load(ret_key, hash_key_of(hash_elem_at(hash, next)),
					   map->def.key_size);
		}
		os_lock_give(&b->lock, state);
		if (next != 0 && !is_end(next))
			return 0;
	}
	return first_key(hash, bucket, ret_key);
}

int hash_read_bucket(struct map_hash *hash, u32 bucket, u8 *keys, u8 *values, u32 *count, bool take)
{
	struct hash_bucket *b = &hash->buckets[bucket];
	u32 key_size = hash->map.def.key_size, total = 0, first, name;
	size_t value_size = map_value_size(&hash->map);
	u64 tag;
	u8 state;

	if (is_end(__atomic_load_n(&b->head, __ATOMIC_RELAXED))) {
		*count = 0;
		return 0;
	}
	state = os_lock_take(&b->lock);
	first = b->head;
	for (name = first; !is_end(name); name = hash_elem_at(hash, name)->next)
		total++;
	if (total > *count) {
		os_lock_give(&b->lock, state);
		return ERR_NOSPC;
	}
	total = 0;
	for (name = first; !is_end(name); name = hash_elem_at(hash, name)->next) {
		words_load(keys + (size_t)total * key_size, hash_key_of(hash_elem_at(hash, name)),
			   key_size);
		tag = claim_linked(hash, name);
		hash_values_load(hash, name, values + total * value_size);
		unclaim(hash_elem_at(hash, name), take ? tag | HASH_ODD : tag);
		total++;
	}
	if (take && total > 0)
		__atomic_store_n(&b->head, 0, __ATOMIC_RELEASE);
	os_lock_give(&b->lock, state);
	*count = total;
	/* Nobody comes by any more but readers, who follow the links until an element is used
	 * again. */
	for (name = take ? first : 0; !is_end(name);) {
		struct hash_elem *elem = hash_elem_at(hash, name);
		u32 next = elem->next;

		hash_pool_give(hash, name, hash_tag_of(elem));
		name = next;
	}
	return 0;
}
