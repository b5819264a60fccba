/* SPDX-License-Identifier: MIT */
/* Names to numbers. The names are not copied: they outlive the map. */
#pragma once

#include "base/compiler.h"

struct strmap_entry;

struct strmap {
	struct strmap_entry *entries;
	size_t count, cap; /* cap is 0 or a power of two */
	u64 seed;
};

/* seed: from os_random() where the names are hostile. */
void strmap_init(struct strmap *map, u64 seed);
void strmap_fini(struct strmap *map);

/* Adds or replaces; 0 or ERR_NOMEM. */
int strmap_put(struct strmap *map, const char *name, u64 value) MUST_CHECK;
bool strmap_get(const struct strmap *map, const char *name, u64 *ret_value);
