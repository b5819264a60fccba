/* SPDX-License-Identifier: MIT */
/* Keys and values as words of 8 bytes, each moved by one atomic access: readers do not lock, so a
 * word is what they see whole. Maps store both at multiples of 8 and padded with zeros to one;
 * what programs name lies anywhere. */
#pragma once

#include "base/str.h"

static inline u64 word_get(const u8 *p)
{
	u64 word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline u32 word_half(const u8 *p)
{
	u32 half;

	memcpy(&half, p, sizeof(half));
	return half;
}

/* The last len bytes, 1 to 7, as a word: pieces may overlap. */
static inline u64 word_tail(const u8 *p, u32 len)
{
	if (len >= 4)
		return word_half(p) | (u64)word_half(p + len - 4) << 8 * (len - 4);
	return p[0] | (u64)p[len / 2] << 8 * (len / 2) | (u64)p[len - 1] << 8 * (len - 1);
}

static inline void word_put(u8 *p, u64 word, u32 len)
{
	for (u32 i = 0; i < len; i++)
		p[i] = (u8)(word >> 8 * i);
}

/* Release, so that whoever acquires one of the words sees what was stored before all of them. */
static inline void words_store(u64 *to, const u8 *from, u32 size)
{
	for (; size >= 8; size -= 8, from += 8)
		__atomic_store_n(to++, word_get(from), __ATOMIC_RELEASE);
	if (size > 0)
		__atomic_store_n(to, word_tail(from, size), __ATOMIC_RELEASE);
}

/* The same from the end on, for a source that overlaps what is before it. */
static inline void words_store_down(u64 *to, const u8 *from, u32 size)
{
	u32 count = size / 8;

	if (size % 8 != 0)
		__atomic_store_n(to + count, word_tail(from + (size_t)count * 8, size % 8),
				 __ATOMIC_RELEASE);
	while (count-- > 0)
		__atomic_store_n(to + count, word_get(from + (size_t)count * 8), __ATOMIC_RELEASE);
}

/* A value in place of another. The new one may be (part of) any value, this one too. */
static inline void words_move(u64 *to, const u8 *from, u32 size)
{
	if ((uintptr_t)from < (uintptr_t)to)
		words_store_down(to, from, size);
	else
		words_store(to, from, size);
}

static inline void words_zero(u64 *to, u32 size)
{
	for (u32 i = 0; i < (size + 7) / 8; i++)
		__atomic_store_n(to + i, 0, __ATOMIC_RELEASE);
}

static inline void words_load(u8 *to, const u64 *from, u32 size)
{
	for (; size >= 8; size -= 8, to += 8) {
		u64 word = __atomic_load_n(from++, __ATOMIC_ACQUIRE);

		memcpy(to, &word, sizeof(word));
	}
	if (size > 0)
		word_put(to, __atomic_load_n(from, __ATOMIC_ACQUIRE), size);
}

static inline bool words_equal(const u64 *stored, const u8 *key, u32 size)
{
	for (; size >= 8; size -= 8, key += 8)
		if (__atomic_load_n(stored++, __ATOMIC_ACQUIRE) != word_get(key))
			return false;
	return size == 0 || __atomic_load_n(stored, __ATOMIC_ACQUIRE) == word_tail(key, size);
}

/* Both halves of the product: every bit of the one takes part in every bit of the other. */
static inline u64 word_mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static inline u32 words_hash(const u8 *key, u32 size, u64 seed)
{
	const u64 odd = 0x9e3779b97f4a7c15ull;
	u64 h = seed ^ size;

	for (; size >= 8; size -= 8, key += 8)
		h = word_mix(h ^ word_get(key), odd);
	if (size > 0)
		h = word_mix(h ^ word_tail(key, size), odd);
	h = word_mix(h ^ 0xd6e8feb86659fd93ull, odd);
	return (u32)h;
}
