/* SPDX-License-Identifier: MIT */
/* How long sets of rows live. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
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

/* --- two sets as one --- */

/* Of arrays of pointers; ret_rows is one, too. */
static bool join(struct arena *arena, const void *a, u32 a_count, const void *b, u32 b_count,
		 void *ret_rows, u32 *ret_count)
{
	u8 *rows = arena_array(arena, (size_t)a_count + b_count + 1, sizeof(void *));

	if (rows == NULL)
		return false;
	if (a_count > 0)
		memcpy(rows, a, a_count * sizeof(void *));
	if (b_count > 0)
		memcpy(rows + a_count * sizeof(void *), b, b_count * sizeof(void *));
	memcpy(ret_rows, &rows, sizeof(rows));
	*ret_count = a_count + b_count;
	return true;
}

/* Those that hold its rows: parts have none themselves. */
static void add_parts(struct spec *to, const struct spec *from)
{
	for (u32 i = 0; i < from->part_count; i++)
		to->parts[to->part_count++] = spec_get(from->parts[i]);
	if (from->part_count == 0)
		to->parts[to->part_count++] = spec_get(from);
}

static bool join_rows(struct spec *to, const struct spec *a, const struct spec *b)
{
	struct arena *arena = to->arena;

	return join(arena, a->types, a->type_count, b->types, b->type_count, &to->types,
		    &to->type_count) &&
	       join(arena, a->attach_types, a->attach_count, b->attach_types, b->attach_count,
		    &to->attach_types, &to->attach_count) &&
	       join(arena, a->sections, a->section_count, b->sections, b->section_count,
		    &to->sections, &to->section_count) &&
	       join(arena, a->helpers, a->helper_count, b->helpers, b->helper_count, &to->helpers,
		    &to->helper_count) &&
	       join(arena, a->functions, a->function_count, b->functions, b->function_count,
		    &to->functions, &to->function_count);
}

int spec_join(const struct spec *a, const struct spec *b, struct spec **ret_spec)
{
	struct spec *spec = mem_zalloc(sizeof(*spec));

	if (spec == NULL)
		return ERR_NOMEM;
	spec->refs = 1;
	spec->arena = mem_zalloc(sizeof(*spec->arena));
	if (spec->arena != NULL)
		arena_init(spec->arena, 0);
	if (spec->arena != NULL && join_rows(spec, a, b))
		spec->parts = arena_array(spec->arena, (size_t)a->part_count + b->part_count + 2,
					  sizeof(void *));
	if (spec->parts == NULL) {
		spec_put(spec);
		return ERR_NOMEM;
	}
	add_parts(spec, a);
	add_parts(spec, b);
	*ret_spec = spec;
	return 0;
}
