/* SPDX-License-Identifier: MIT */
#include "runtime/slots.h"

void slots_init(struct slots *slots, u32 count)
{
	for (u32 slot = 0; slot < SLOT_COUNT; slot++) {
		u64 bit = 1ull << slot % 64;

		if (slot < count)
			slots->taken[slot / 64] &= ~bit;
		else
			slots->taken[slot / 64] |= bit;
	}
}

/* Leasing acquires what the slot's last user released, so data of a slot needs no other order. */
u32 slots_lease(struct slots *slots, u32 hint)
{
	const u32 words = SLOT_COUNT / 64;

	hint %= SLOT_COUNT;
	/* The hint's word comes first without the bits before the hint, and last once more. */
	for (u32 i = 0; i <= words; i++) {
		u32 w = (hint / 64 + i) % words;
		u64 allowed = i == 0 ? ~0ull << (hint % 64) : ~0ull;
		u64 free;

		while ((free = ~__atomic_load_n(&slots->taken[w], __ATOMIC_RELAXED) & allowed) !=
		       0) {
			u64 bit = free & (0 - free);

			if ((__atomic_fetch_or(&slots->taken[w], bit, __ATOMIC_ACQUIRE) & bit) == 0)
				return w * 64 + (u32)__builtin_ctzll(bit);
		}
	}
	return SLOT_NONE;
}

void slots_release(struct slots *slots, u32 slot)
{
	__atomic_fetch_and(&slots->taken[slot / 64], ~(1ull << (slot % 64)), __ATOMIC_RELEASE);
}
