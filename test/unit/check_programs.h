/* SPDX-License-Identifier: MIT */
/* The programs of check_programs.def, calls, values and host, and the maps that they
 * use. */
#pragma once

#include "check_fixture.h"

#define TEST_MAPS 20

/* An array, or what is like one. */
static inline struct prog_map test_map(const char *name, enum map_kind kind, u32 value_size)
{
	return (struct prog_map){ .name = name,
				  .type = spec_map_type_by_kind(kind),
				  .key_size = 4,
				  .value_size = value_size,
				  .max_entries = 10,
				  .inner = PROG_NO_INDEX };
}

static inline struct prog_map test_section(const char *name, u32 size, const u8 *initial,
					   u32 initial_len)
{
	struct prog_map map = test_map(name, MAP_KIND_ARRAY, size);

	map.max_entries = 1;
	map.initial = initial;
	map.initial_len = initial_len;
	map.is_global = true;
	map.read_only = initial != NULL;
	return map;
}

static inline const struct prog_map *test_maps(void)
{
	static struct prog_map maps[TEST_MAPS];
	static const struct prog_map_field fields[] = {
		{ .off = 8, .size = 4, .kind = MAP_FIELD_LOCK },
		{ .off = 16, .size = 16, .kind = MAP_FIELD_TIMER },
		{ .off = 32, .size = 8, .kind = MAP_FIELD_OTHER },
	};
	static const u8 constants[8] = { 1, 2, 3, 4, 0xff, 0, 0, 0 };

	maps[0] = (struct prog_map){ .name = "hash",
				     .type = spec_map_type_by_kind(MAP_KIND_HASH),
				     .key_size = 4,
				     .value_size = 16,
				     .max_entries = 8,
				     .inner = PROG_NO_INDEX };
	maps[1] = test_section("rodata", 8, constants, 8);
	maps[2] = (struct prog_map){ .name = "ring",
				     .type = spec_map_type_by_kind(MAP_KIND_RINGBUF),
				     .max_entries = 4096,
				     .inner = PROG_NO_INDEX };
	maps[3] = test_map("array", MAP_KIND_ARRAY, 8);
	maps[4] = test_map("outer", MAP_KIND_ARRAY_OF_MAPS, 4);
	maps[4].inner = 3;
	maps[5] = test_map("programs", MAP_KIND_PROG_ARRAY, 4);
	maps[6] = test_map("queue", MAP_KIND_QUEUE, 8);
	maps[6].key_size = 0;
	maps[7] = test_section("data", 16, NULL, 0);
	maps[8] = test_section("letters", 4, constants, 4);
	maps[9] = test_map("events", MAP_KIND_PERF_EVENT_ARRAY, 4);
	maps[10] = test_map("devices", MAP_KIND_DEVMAP, 4);
	maps[11] = test_map("storage", MAP_KIND_CGROUP_STORAGE, 8);
	maps[12] = test_map("sockets", MAP_KIND_SK_STORAGE, 8);
	maps[13] = test_map("unknown", MAP_KIND_ARRAY, 8);
	maps[13].type = NULL;
	maps[14] = test_map("percpu", MAP_KIND_PERCPU_ARRAY, 8);
	maps[15] = test_map("frozen", MAP_KIND_HASH, 8);
	maps[15].read_only = true;
	maps[15].max_entries = 1;
	maps[16] = test_section("short", 4, constants, 2);
	maps[17] = test_map("fields", MAP_KIND_HASH, 48);
	maps[17].fields = fields;
	maps[17].field_count = ARRAY_COUNT(fields);
	maps[18] = maps[17];
	maps[19] = test_map("one", MAP_KIND_ARRAY, 8);
	maps[19].max_entries = 1;
	return maps;
}

struct program {
	const char *name, *type;
	enum finding_id expected; /* FINDING_NONE: accepted */
	const char *text;
	struct search_rank ranks[4];
	u32 rank_count;
	const char *attach, *section; /* NULL: none */
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
#include "check_calls.def"
#include "check_model.def"
#include "check_values.def"
#include "check_host.def"
#include "check_functions.def"
#undef PROGRAM
};

static inline int program_load(struct search *s, const struct program *p)
{
	const struct spec_attach_type *attach =
		p->attach != NULL ? spec_find_attach(NULL, DIALECT_LINUX, p->attach) : NULL;
	int status = search_load(s, DIALECT_LINUX, p->type, test_maps(), TEST_MAPS, p->text);

	if (status != 0)
		return status;
	if (p->attach != NULL && attach == NULL)
		return ERR_NOENT;
	s->f.prog.attach = attach;
	if (p->section != NULL)
		s->f.prog.section = p->section;
	s->policy.unprivileged = p->unprivileged;
	s->policy.strict = p->strict;
	s->policy.strict_alignment = p->aligned;
	s->policy.no_division_by_zero = p->no_division_by_zero;
	memcpy(s->ranks, p->ranks, sizeof(p->ranks));
	s->rank_count = p->rank_count;
	return 0;
}
