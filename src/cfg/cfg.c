/* SPDX-License-Identifier: MIT */
#include "cfg/cfg_internal.h"

/* The part of [off, off + size) that is in the frame, as bytes from its lowest on. */
static bool clip(s64 off, u32 size, u32 *ret_first, u32 *ret_end)
{
	s64 end;

	if (off >= 0 || off < INT32_MIN * (s64)4)
		return false;
	end = MIN(off + size, (s64)0);
	off = MAX(off, (s64)-PROG_FRAME_SIZE);
	if (off >= end)
		return false;
	*ret_first = (u32)(off + PROG_FRAME_SIZE);
	*ret_end = (u32)(end + PROG_FRAME_SIZE);
	return true;
}

/* Bits first to end - 1; first < 64. */
static u64 bit_range(u32 first, u32 end)
{
	return first < end ? ~0ull >> (64 - (end - first)) << first : 0;
}

u64 cfg_granules(s64 off, u32 size)
{
	u32 first, end;

	if (!clip(off, size, &first, &end))
		return 0;
	return bit_range(first / CFG_GRANULE, (end + CFG_GRANULE - 1) / CFG_GRANULE);
}

u64 cfg_whole_granules(s64 off, u32 size)
{
	u32 first, end;

	if (!clip(off, size, &first, &end))
		return 0;
	return bit_range((first + CFG_GRANULE - 1) / CFG_GRANULE, end / CFG_GRANULE);
}

static int build(struct cfg_builder *b)
{
	static int (*const passes[])(struct cfg_builder *) = {
		cfg_blocks, cfg_search,	  cfg_calls,	  cfg_dominators,
		cfg_loops,  cfg_liveness, cfg_thresholds,
	};
	int status = 0;

	b->cfg = arena_alloc(b->arena, sizeof(*b->cfg));
	if (b->cfg == NULL)
		return ERR_NOMEM;
	b->cfg->prog = b->prog;
	for (u32 i = 0; i < ARRAY_COUNT(passes) && status == 0; i++) {
		status = passes[i](b);
		if (status == 0 && cfg_is_late(b))
			status = ERR_TIME;
		b->arena->is_full |= b->scratch.is_full || b->search.is_full;
		arena_fini(&b->scratch);
		if (passes[i] == cfg_loops)
			arena_fini(&b->search);
	}
	return status;
}

int cfg_build(struct arena *arena, const struct prog *prog, const struct cfg_options *options,
	      const struct cfg **ret_cfg, struct error *err)
{
	struct cfg_builder b = { .arena = arena, .prog = prog, .options = options, .err = err };
	int status;

	arena_init(&b.scratch, arena->limit);
	arena_init(&b.search, arena->limit);
	status = build(&b);
	arena_fini(&b.scratch);
	arena_fini(&b.search);
	if (status == ERR_TIME)
		return error_set(err, status, "no time for the control flow of %u slots",
				 prog->insn_count);
	if (status == ERR_NOMEM)
		return error_set(err, status, "out of memory for the control flow of %u slots",
				 prog->insn_count);
	if (status == 0)
		*ret_cfg = b.cfg;
	return status;
}
