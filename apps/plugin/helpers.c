/* SPDX-License-Identifier: MIT */
/* Helpers of the conformance suite. They take pointers from programs that nothing has verified, so
 * each looks first. */
#include "plugin.h"

#define STACK_SIZE (PROG_MAX_FRAMES * PROG_FRAME_SIZE)

static bool inside(u64 base, u64 size, u64 addr, u64 len)
{
	return addr >= base && addr - base <= size && len <= size - (addr - base);
}

static bool may_touch(const void *ctx, u64 addr, u64 len)
{
	const struct exec *exec = exec_of(ctx);

	if (inside((u64)(uintptr_t)exec->stack, STACK_SIZE, addr, len))
		return true;
	for (u32 i = 0; i < exec->region_count; i++)
		if (inside(exec->regions[i].base, exec->regions[i].size, addr, len))
			return true;
	return false;
}

static u64 gather_bytes(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, UNUSED void *ctx)
{
	return (r1 & 0xff) << 32 | (r2 & 0xff) << 24 | (r3 & 0xff) << 16 | (r4 & 0xff) << 8 |
	       (r5 & 0xff);
}

static u64 memfrob(u64 mem, u64 len, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	u8 *p = (u8 *)(uintptr_t)mem;

	if (!may_touch(ctx, mem, len))
		return 0;
	for (u64 i = 0; i < len; i++)
		p[i] ^= 42;
	return mem;
}

static u64 no_op(UNUSED u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		 UNUSED void *ctx)
{
	return 0;
}

/* The integer square root, bit by bit from the top. */
static u64 sqrti(u64 value, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
		 UNUSED void *ctx)
{
	u64 root = 0;

	for (u64 bit = 1ULL << 62; bit != 0; bit >>= 2) {
		u64 trial = root + bit;

		root >>= 1;
		if (value >= trial) {
			value -= trial;
			root += bit;
		}
	}
	return root;
}

static u64 compare_strings(u64 a, u64 b, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5, void *ctx)
{
	for (u64 i = 0;; i++) {
		u8 x, y;

		if (!may_touch(ctx, a + i, 1) || !may_touch(ctx, b + i, 1))
			return UINT64_MAX;
		x = *(const u8 *)(uintptr_t)(a + i);
		y = *(const u8 *)(uintptr_t)(b + i);
		if (x != y || x == 0)
			return (u64)((s64)x - (s64)y);
	}
}

static u64 first_argument(u64 r1, UNUSED u64 r2, UNUSED u64 r3, UNUSED u64 r4, UNUSED u64 r5,
			  UNUSED void *ctx)
{
	return r1;
}

struct helper_binding plugin_helper(UNUSED const void *arg, u32 id)
{
	static const helper_fn helpers[] = {
		gather_bytes, memfrob, no_op, sqrti, compare_strings, first_argument,
	};

	return (struct helper_binding){ .fn = id < ARRAY_COUNT(helpers) ? helpers[id] : NULL };
}
