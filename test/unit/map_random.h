/* SPDX-License-Identifier: MIT */
/* What the tests of maps share: random numbers, and definitions by kind. */
#pragma once

#include "tap.h"

#include "map/map.h"
#include "spec/spec.h"

static inline u32 random_next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (u32)(*state >> 16);
}

static inline struct prog_map map_def(enum map_kind kind, u32 key_size, u32 value_size,
				      u32 max_entries)
{
	return (struct prog_map){ .name = "test",
				  .type = spec_map_type_by_kind(kind),
				  .key_size = key_size,
				  .value_size = value_size,
				  .max_entries = max_entries,
				  .inner = PROG_NO_INDEX };
}

static inline int map_of(enum map_kind kind, u32 key_size, u32 value_size, u32 max_entries,
			 enum dialect dialect, u32 cpus, struct map **ret_map)
{
	struct prog_map def = map_def(kind, key_size, value_size, max_entries);
	struct map_options options = {
		.size = sizeof(options), .def = &def, .dialect = dialect, .cpus = cpus
	};

	return map_create(&options, ret_map, NULL);
}
