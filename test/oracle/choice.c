/* SPDX-License-Identifier: MIT */
/* See choice.h. */
#include "choice.h"

#include "base/str.h"

struct choice choice_of_seed(u64 seed)
{
	return (struct choice){ .seed = seed };
}

struct choice choice_of_bytes(const u8 *data, size_t len)
{
	u64 seed = len;

	for (size_t i = 0; i < len; i++)
		seed = (seed ^ data[i]) * 0x100000001b3ull;
	return (struct choice){ .seed = seed, .at = data, .left = len };
}

static u64 next_random(u64 *seed)
{
	u64 z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* What is behind the bytes follows from them. */
u32 pick(struct choice *c, u32 n)
{
	u32 x;

	if (c->left == 0)
		return (u32)((next_random(&c->seed) >> 32) % n);
	x = *c->at++;
	c->left--;
	if (n > 256 && c->left > 0) {
		x = x << 8 | *c->at++;
		c->left--;
	}
	return x % n;
}

u64 choice_bits(struct choice *c)
{
	u64 n = 0;

	if (c->left == 0)
		return next_random(&c->seed);
	for (u32 i = 0; i < 8; i++)
		n = n << 8 | pick(c, 256);
	return n;
}

static u64 landmark(struct choice *c)
{
	static const u8 small[] = {
		0, 1, 2, 3, 4, 6, 7, 8, 12, 14, 15, 16, 20, 24, 31, 40, 54, 60
	};
	u32 what = pick(c, 16);

	if (what < 6)
		return small[pick(c, ARRAY_COUNT(small))];
	if (what < 9 && c->hint_count > 0)
		return (u64)c->hints[pick(c, c->hint_count)];
	if (what < 12)
		return 1ull << pick(c, 64);
	if (what == 12)
		return 0ull - (1ull << pick(c, 64));
	if (what == 13)
		return pick(c, 256);
	return choice_bits(c) >> pick(c, 64);
}

u64 choice_number(struct choice *c)
{
	u64 n = landmark(c);
	u32 near = pick(c, 8);

	return near == 0 ? n + 1 : near == 1 ? n - 1 : near == 2 ? 0ull - n : n;
}

s64 choice_imm(struct choice *c)
{
	return (s32)choice_number(c);
}

void choice_fill(struct choice *c, u8 *to, size_t len)
{
	for (size_t i = 0; i < len;) {
		u64 n = pick(c, 3) == 0 ? choice_number(c) : choice_bits(c);
		size_t part = (size_t)1 << pick(c, 4);

		part = MIN(len - i, part);
		memcpy(to + i, &n, part);
		i += part;
	}
}
