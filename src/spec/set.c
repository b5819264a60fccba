/* SPDX-License-Identifier: MIT */
/* How long sets of rows live. */
#include "base/mem.h"
#include "spec/spec.h"

struct spec *spec_get(const struct spec *spec)
{
	struct spec *mine = (struct spec *)(uintptr_t)spec;

	if (mine != NULL)
		__atomic_add_fetch(&mine->refs, 1, __ATOMIC_RELAXED);
	return mine;
}

static bool drop(struct spec *spec)
{
	return __atomic_sub_fetch(&spec->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

static void destroy(struct spec *spec)
{
	if (spec->arena != NULL) {
		arena_fini(spec->arena);
		mem_free(spec->arena);
	}
	mem_free(spec);
}

void spec_put(const struct spec *spec)
{
	struct spec *mine = (struct spec *)(uintptr_t)spec;

	if (mine == NULL || !drop(mine))
		return;
	for (u32 i = 0; i < mine->part_count; i++) {
		struct spec *part = (struct spec *)(uintptr_t)mine->parts[i];

		if (drop(part))
			destroy(part);
	}
	destroy(mine);
}
