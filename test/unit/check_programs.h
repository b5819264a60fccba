/* SPDX-License-Identifier: MIT */
/* The programs of check_programs.def and the maps that they use. */
#pragma once

#include "check_fixture.h"

static inline const struct prog_map *test_maps(void)
{
	static struct prog_map maps[4];
	static const u8 constants[8] = { 1, 2, 3, 4, 0xff, 0, 0, 0 };

	maps[0] = (struct prog_map){ .name = "hash",
				     .type = spec_map_type_by_kind(MAP_KIND_HASH),
				     .key_size = 4,
				     .value_size = 16,
				     .max_entries = 8,
				     .inner = PROG_NO_INDEX };
	maps[1] = (struct prog_map){ .name = "rodata",
				     .type = spec_map_type_by_kind(MAP_KIND_ARRAY),
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 1,
				     .inner = PROG_NO_INDEX,
				     .initial = constants,
				     .initial_len = 8,
				     .is_global = true,
				     .read_only = true };
	maps[2] = (struct prog_map){ .name = "ring",
				     .type = spec_map_type_by_kind(MAP_KIND_RINGBUF),
				     .max_entries = 4096,
				     .inner = PROG_NO_INDEX };
	maps[3] = (struct prog_map){ .name = "array",
				     .type = spec_map_type_by_kind(MAP_KIND_ARRAY),
				     .key_size = 4,
				     .value_size = 8,
				     .max_entries = 10,
				     .inner = PROG_NO_INDEX };
	return maps;
}

struct program {
	const char *name, *type;
	enum finding_id expected; /* FINDING_NONE: accepted */
	const char *text;
	struct search_rank ranks[4];
	u32 rank_count;
	bool unprivileged, strict, aligned, no_division_by_zero;
};

static const struct program programs[] = {
#define PROGRAM(program, kind, finding, code, ...) \
	{ .name = (program),                       \
	  .type = (kind),                          \
	  .expected = FINDING_##finding,           \
	  .text = (code),                          \
	  __VA_ARGS__ },
#include "check_programs.def"
#undef PROGRAM
};

static inline int program_load(struct search *s, const struct program *p)
{
	int status = search_load(s, DIALECT_LINUX, p->type, test_maps(), 4, p->text);

	if (status != 0)
		return status;
	s->policy.unprivileged = p->unprivileged;
	s->policy.strict = p->strict;
	s->policy.strict_alignment = p->aligned;
	s->policy.no_division_by_zero = p->no_division_by_zero;
	memcpy(s->ranks, p->ranks, sizeof(p->ranks));
	s->rank_count = p->rank_count;
	return 0;
}
