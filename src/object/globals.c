/* SPDX-License-Identifier: MIT */
/* Global variables by name: the symbols of the sections that became maps. */
#include "base/sort.h"
#include "object/index.h"

static int by_place(const void *a, const void *b)
{
	const struct object_global *x = a, *y = b;

	if (x->map != y->map)
		return x->map < y->map ? -1 : 1;
	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return 0;
}

static bool is_variable(const struct object *obj, const struct elf_symbol *symbol)
{
	const struct section_info *info;
	u64 limit;

	if (symbol->type != ELF_STT_OBJECT || symbol->section >= obj->elf.section_count)
		return false;
	info = &obj->index->sections[symbol->section];
	if (info->use != SECTION_GLOBALS || symbol->name[0] == '\0')
		return false;
	limit = obj->maps[info->first].value_size;
	return symbol->value <= limit && symbol->size <= limit - symbol->value;
}

int object_globals(struct object *obj, const struct object_global **ret_globals, u32 *ret_count,
		   struct error *err)
{
	struct object_global *globals;
	u32 count = 0;

	for (u32 i = 1; i < obj->elf.symbol_count; i++)
		count += is_variable(obj, &obj->elf.symbols[i]);
	globals = arena_array(&obj->arena, (size_t)count + 1, sizeof(*globals));
	if (globals == NULL)
		return error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
	count = 0;
	for (u32 i = 1; i < obj->elf.symbol_count; i++) {
		const struct elf_symbol *symbol = &obj->elf.symbols[i];

		if (!is_variable(obj, symbol))
			continue;
		globals[count++] = (struct object_global){
			.name = symbol->name,
			.map = obj->index->sections[symbol->section].first,
			.off = (u32)symbol->value,
			.size = (u32)symbol->size,
		};
	}
	if (sort_stable(globals, count, sizeof(*globals), by_place) != 0)
		return error_set(err, ERR_NOMEM, "%s: out of memory", obj->file);
	*ret_globals = globals;
	*ret_count = count;
	return 0;
}
