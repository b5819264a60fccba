/* SPDX-License-Identifier: MIT */
/* Why nothing is freed that somebody may hold. Who enters (1) reads the epoch, (2) writes it into a
 * slot, (3) reads links. Who retires (a) takes the link away, (b) reads and advances the epoch:
 * what it was is the item's stamp, (c) reads the slots. Full barriers stand between (2) and (3),
 * and between (a) and (c), and (b) is one of the two's side of the order.
 *
 * Somebody who holds the item has done (3) before (a) took effect. Its (2) is before its (3) and
 * our (c) after our (a), so (c) sees (2), or what the slot's owner wrote later: 0 when it has left.
 * And the epoch that it wrote was read before (b) advanced it: if (1) had read a later one, (3)
 * would have come after (a). So it is at most the stamp. An item is freed when every slot is 0 or
 * later than the stamp; who reads an old epoch late only delays that.
 *
 * (c) may be made by another than who retired the item, and may have begun before: then somebody
 * can have come into a slot that was read already. So (c) reads the epoch first, and leaves items
 * with that stamp or a later one. Of the others it has seen (b), and therefore (a), before it reads
 * a slot.
 *
 * Leaving is a release and (c) an acquire: what the invocation did is done before anything is
 * freed. */
#include "map/epoch.h"

void epoch_init(struct epoch *epoch, u32 count)
{
	epoch->now = 1;
	epoch->count = MIN(MAX(count, 1u), (u32)EPOCH_SLOTS);
}

u32 epoch_enter_after(struct epoch *epoch, u32 first)
{
	for (u32 i = 1; i < epoch->count; i++) {
		u32 slot = first + i < epoch->count ? first + i : first + i - epoch->count;

		/* Looking first keeps the lines of taken slots with their owners. */
		if (__atomic_load_n(&epoch->slots[slot].active, __ATOMIC_RELAXED) == 0 &&
		    epoch_try(epoch, slot))
			return slot;
	}
	return EPOCH_NONE;
}

/* The oldest epoch that somebody inside may have come in; UINT64_MAX: nobody is. */
static u64 oldest_active(struct epoch *epoch)
{
	u64 oldest = UINT64_MAX;

	for (u32 slot = 0; slot < epoch->count; slot++) {
		u64 active = __atomic_load_n(&epoch->slots[slot].active, __ATOMIC_SEQ_CST);

		if (active != 0 && active < oldest)
			oldest = active;
	}
	return oldest;
}

/* Takes what is older out of the list. Stamps grow along it, as they are given under the lock. */
static struct epoch_item *take_ripe(struct epoch *epoch, u64 oldest)
{
	u8 state = os_lock_take(&epoch->lock);
	struct epoch_item *ripe = epoch->retired, *at = ripe, *end = NULL;

	for (; at != NULL && at->stamp < oldest; at = at->next)
		end = at;
	if (end != NULL) {
		end->next = NULL;
		__atomic_store_n(&epoch->retired, at, __ATOMIC_RELAXED);
	}
	os_lock_give(&epoch->lock, state);
	return end == NULL ? NULL : ripe;
}

void epoch_reclaim(struct epoch *epoch)
{
	struct epoch_item *ripe, *next;
	u64 now, oldest;

	/* One at a time; also, freeing one thing may retire another, which is freed here then. */
	if (__atomic_exchange_n(&epoch->reclaiming, 1, __ATOMIC_ACQUIRE) != 0)
		return;
	do {
		now = __atomic_load_n(&epoch->now, __ATOMIC_SEQ_CST);
		epoch_full_barrier();
		oldest = oldest_active(epoch);
		ripe = take_ripe(epoch, MIN(now, oldest));
		for (struct epoch_item *at = ripe; at != NULL; at = next) {
			next = at->next;
			at->free(at);
		}
	} while (ripe != NULL);
	__atomic_store_n(&epoch->reclaiming, 0, __ATOMIC_RELEASE);
}

void epoch_retire(struct epoch *epoch, struct epoch_item *item,
		  void (*free)(struct epoch_item *item))
{
	u8 state = os_lock_take(&epoch->lock);

	item->free = free;
	item->next = NULL;
	item->stamp = __atomic_fetch_add(&epoch->now, 1, __ATOMIC_SEQ_CST);
	if (epoch->retired == NULL)
		__atomic_store_n(&epoch->retired, item, __ATOMIC_RELAXED);
	else
		epoch->last->next = item;
	epoch->last = item;
	os_lock_give(&epoch->lock, state);
	epoch_full_barrier();
	epoch_reclaim(epoch);
}

void epoch_synchronize(struct epoch *epoch)
{
	u64 stamp = __atomic_fetch_add(&epoch->now, 1, __ATOMIC_SEQ_CST);

	epoch_full_barrier();
	for (u32 slot = 0; slot < epoch->count; slot++) {
		const u64 *active = &epoch->slots[slot].active;
		u32 round = 0;

		for (;;) {
			u64 at = __atomic_load_n(active, __ATOMIC_SEQ_CST);

			if (at == 0 || at > stamp)
				break;
			os_relax(round++);
		}
	}
	epoch_reclaim(epoch);
}

void epoch_fini(struct epoch *epoch)
{
	epoch_reclaim(epoch);
}
