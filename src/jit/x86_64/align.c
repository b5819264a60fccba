/* SPDX-License-Identifier: MIT */
/* Where loops begin. Processors fetch code by lines of 64 bytes, so a short loop that is in two of
 * them takes two cycles where one would do. In front of each loop is room for what fills the line
 * up; it is used where the loop fits into one line and would be in two. */
#include "jit/x86_64/x86.h"

#include "base/str.h"

#define LINE 64
#define MOST 15 /* bytes to fill up with: to pass them costs, too */

void x86_loop_begins(struct x86 *x)
{
	jit_add_fixup(&x->sites, (struct jit_fixup){ .at = x->sites.out.len,
						     .target = JIT_UNKNOWN,
						     .kind = FIX_PAD,
						     .form = FORM_PAD,
						     .size = MOST,
						     .gain = MOST });
	x86_bytes(&x->sites.out, 0, 8);
	x86_bytes(&x->sites.out, 0, MOST - 8);
	x->loops++;
}

void x86_loop_ends(struct x86 *x, u32 slot)
{
	struct jit_sites *sites = &x->sites;
	struct jit_place begin;
	struct jit_fixup *pad;

	if (slot >= sites->placed)
		return;
	begin = sites->slots[slot];
	/* Jumps in the loop are still long, therefore twice the length. */
	if (begin.fixups == 0 || sites->no_memory || sites->out.len - begin.offset > 2 * LINE)
		return;
	pad = &sites->fixups[begin.fixups - 1];
	/* Of several, the first one ends the innermost loop. */
	if (pad->kind != FIX_PAD || pad->at + pad->size != begin.offset ||
	    pad->target != JIT_UNKNOWN)
		return;
	pad->target = sites->fixup_count;
	pad->gain = 0;
}

/* gains are right up to i, and from there on what they would be if no room were used. */
static u32 unused(const struct jit_sites *sites, u32 i, u64 address)
{
	const struct jit_fixup *pad = &sites->fixups[i], *jump = &sites->fixups[pad->target];
	u32 len = jump->at + jump->size - jump->gain - sites->gains[pad->target] -
		  (pad->at + pad->size - sites->gains[i + 1]);
	u32 at = (u32)(address + pad->at - sites->gains[i]) % LINE;

	return at + len > LINE && len <= LINE && LINE - at <= MOST ? pad->size - (LINE - at)
								   : pad->size;
}

void x86_place_loops(struct x86 *x, u64 address)
{
	struct jit_sites *sites = &x->sites;
	u32 sum = 0;

	if (x->loops == 0)
		return;
	for (u32 i = 0; i < sites->fixup_count; i++)
		if (sites->fixups[i].kind == FIX_PAD && sites->fixups[i].target != JIT_UNKNOWN)
			sites->fixups[i].gain = sites->fixups[i].size;
	jit_sum_gains(sites);
	for (u32 i = 0; i < sites->fixup_count; i++) {
		struct jit_fixup *fixup = &sites->fixups[i];

		sites->gains[i] = sum;
		if (fixup->kind == FIX_PAD && fixup->target != JIT_UNKNOWN)
			fixup->gain = (u8)unused(sites, i, address);
		sum += fixup->gain;
	}
	sites->gains[sites->fixup_count] = sum;
}

void x86_put_nops(u8 *out, u32 len)
{
	/* Those of 1 to 8 bytes that manuals recommend. */
	static const u8 nops[][8] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	while (len != 0) {
		u32 part = MIN(len, (u32)ARRAY_COUNT(nops));

		memcpy(out, nops[part - 1], part);
		out += part;
		len -= part;
	}
}
